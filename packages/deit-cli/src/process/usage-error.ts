/** Something the user typed cannot be done: reported in one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
