/** Largest magnitude of an integer: the same on both sides of 0. */
const MOST = 127;

/** A matrix `[rows, columns]` as 8-bit integers and a scale for each column: `weight ≈ integer · scale`. */
export function quantized({
  shape,
  data,
}: {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}): {
  integers: Int8Array<ArrayBuffer>;
  scales: Float32Array<ArrayBuffer>;
} {
  const columns = shape[1]!;
  const scales = new Float32Array(columns);
  for (const [i, weight] of data.entries()) {
    const column = i % columns;
    scales[column] = Math.max(scales[column]!, Math.abs(weight) / MOST);
  }
  const integers = Int8Array.from(data, (weight, i) => {
    const scale = scales[i % columns]!;
    return scale === 0 ? 0 : Math.round(weight / scale);
  });
  return { integers, scales };
}
