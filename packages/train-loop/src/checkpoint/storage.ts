/**
 * Where checkpoints are kept: files in a folder (`folderStorage` of `distill-trainer/node`), IndexedDB, an object store.
 */
export interface CheckpointStorage {
  /** Names of what is stored, in any order; other things may lie there too. */
  list(): Promise<readonly string[]>;
  /** @throws Error if nothing has that name. */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Stores whole or not at all, also after a crash; replaces what has that name. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Does nothing if nothing has that name. */
  remove(name: string): Promise<void>;
  /**
   * Takes the storage for one run, from its start to its end.
   *
   * @returns What gives it back. The end of the process, however it comes, must do so too.
   * @throws Error if another run has it.
   */
  lock?(): Promise<() => Promise<void>>;
}
