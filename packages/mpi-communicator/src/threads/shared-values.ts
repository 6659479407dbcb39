/** Values of an operation in memory that the threads share. */
export interface SharedValues {
  readonly bytes: Uint8Array;
  /** Copies the results back, where the values are not in shared memory themselves. */
  finish(): void;
}

/** Shares values with a thread: in place if they are in a `SharedArrayBuffer`, else as copies in memory that is used again. */
export class ValueSharer {
  private spare: SharedArrayBuffer | undefined;

  share({ buffer, byteOffset, byteLength }: ArrayBufferView): SharedValues {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    if (buffer instanceof SharedArrayBuffer) return { bytes, finish: () => undefined };
    const memory =
      this.spare !== undefined && this.spare.byteLength >= byteLength
        ? this.spare
        : new SharedArrayBuffer(byteLength);
    this.spare = undefined; // in use; another operation that starts meanwhile gets memory of its own
    const copy = new Uint8Array(memory, 0, byteLength);
    copy.set(bytes);
    return {
      bytes: copy,
      finish: () => {
        bytes.set(copy);
        this.spare = memory;
      },
    };
  }
}
