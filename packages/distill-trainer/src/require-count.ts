/** @throws RangeError if an option is no integer ≥ 1. */
export function requireCount(name: string, value: number, caller = "fitDataset"): void {
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new RangeError(`${caller}: ${name} must be an integer >= 1, got ${value}`);
  }
}
