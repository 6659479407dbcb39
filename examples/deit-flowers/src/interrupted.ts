/** The user has stopped the run; it can be gone on with. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
