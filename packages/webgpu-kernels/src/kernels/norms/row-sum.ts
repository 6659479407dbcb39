/** Invocations that share a row. */
export const LANES = 32;
/** Rows of a workgroup. */
export const ROWS = 8;

/** The sum over a row's lanes, for each of them. All invocations of the workgroup must call it. */
export const ROW_SUM: string = `
var<workgroup> parts: array<array<f32, ${LANES + 1}>, ${ROWS}>;
fn rowSum(row: u32, lane: u32, value: f32) -> f32 {
  parts[row][lane] = value;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < ${LANES}u; i++) { sum += parts[row][i]; }
  workgroupBarrier();
  return sum;
}`;
