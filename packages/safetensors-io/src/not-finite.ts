/**
 * Describes how many numbers of a tensor are NaN or infinite; `undefined` if none is.
 *
 * @example
 * console.log(notFinite(Float32Array.of(1, Number.NaN))); // 1 NaN among 2 numbers
 */
export function notFinite(values: ArrayLike<number>): string | undefined {
  let nan = 0;
  let infinite = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) continue;
    if (Number.isNaN(value)) nan++;
    else infinite++;
  }
  if (nan + infinite === 0) return undefined;
  const found = [nan > 0 ? `${nan} NaN` : "", infinite > 0 ? `${infinite} infinite` : ""];
  return `${found.filter(Boolean).join(" and ")} among ${values.length} numbers`;
}
