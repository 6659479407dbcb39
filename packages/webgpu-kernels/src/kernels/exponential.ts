/** WGSL: e^x, with NaN for NaN, which `exp` may take for a number. */
export const EXPONENTIAL = `
fn exponential(x: f32) -> f32 {
  return select(exp(x), x, (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u);
}`;
