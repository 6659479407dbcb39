/** @throws RangeError if an option of `fitDataset` is no integer ≥ 1. */
export function requireCount(name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new RangeError(`fitDataset: ${name} must be an integer >= 1, got ${value}`);
  }
}
