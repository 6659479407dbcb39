/** Error of resuming from a checkpoint of a run with other settings. */
export class OtherRunError extends Error {
  override readonly name = "OtherRunError";
  /** Differences, one per setting: `seed was 1, is 2`. */
  readonly differences: readonly string[];

  /** @param checkpoint - Name of the checkpoint. */
  constructor(checkpoint: string, differences: readonly string[]) {
    super(
      `fit: '${checkpoint}' is of a run with other settings: ${differences.join("; ")} (resume: "force" continues anyway)`,
    );
    this.differences = differences;
  }
}
