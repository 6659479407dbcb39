/**
 * WGSL: half precision with an exponent in common. What a workgroup multiplies is scaled by a power of two, so that the largest value
 * of an operand that it has read so far is in [16, 32): the smallest gradients keep their bits, and the sum of 16 products is at most
 * 16,384, of half precision's 65,504. No loss has to be scaled for that.
 */
export const HALF_BLOCKS = `
var<workgroup> largest: array<atomic<u32>, 2>; // exponents, of a and of b
fn raise(side: u32, most: vec4<f32>) {
  let bits = bitcast<u32>(max(max(most.x, most.y), max(most.z, most.w))) & 0x7f800000u;
  // An infinity or NaN sets no scale; as half precision it stays one.
  if (bits < 0x7f800000u && bits > atomicLoad(&largest[side])) { atomicMax(&largest[side], bits); }
}
fn exponentOf(side: u32) -> u32 { return max(atomicLoad(&largest[side]) >> 23u, 8u); }
fn scaleOf(exponent: u32) -> f32 { return bitcast<f32>((258u - exponent) << 23u); }
fn unscaleOf(exponent: u32) -> f32 { return bitcast<f32>((exponent - 4u) << 23u); }`;

/** WGSL: raises the largest exponent to that of an invocation's blocks, given their vectors. */
export function raiseExponent(name: "a" | "b", vectors: readonly string[]): string {
  const most = vectors.map((vector) => `abs(${vector})`).reduce((a, b) => `max(${a}, ${b})`);
  return `    raise(${name === "a" ? 0 : 1}u, ${most});`;
}

/** WGSL: the factors for blocks that are about to be stored, and for what is added up of their products. */
export const CHOOSE_SCALES = `
      let exponentA = exponentOf(0u);
      let exponentB = exponentOf(1u);
      let scaleA = scaleOf(exponentA);
      let scaleB = scaleOf(exponentB);
      unscaleA = unscaleOf(exponentA);
      unscaleB = unscaleOf(exponentB);`;
