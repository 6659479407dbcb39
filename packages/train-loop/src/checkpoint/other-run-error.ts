/** The checkpoint to go on from is of a run that differs in what decides its result. */
export class OtherRunError extends Error {
  override readonly name = "OtherRunError";
  /** One for each setting: `seed was 1, is 2`. */
  readonly differences: readonly string[];

  /** @param checkpoint - Its name. */
  constructor(checkpoint: string, differences: readonly string[]) {
    super(
      `fit: '${checkpoint}' is of a run with other settings: ${differences.join("; ")} (resume "force" goes on all the same)`,
    );
    this.differences = differences;
  }
}
