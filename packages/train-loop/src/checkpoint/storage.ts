/**
 * Storage of checkpoints: a folder (`folderStorage` of `train-loop/node`), the browser (`browserStorage` of
 * `train-loop/browser`), an object store.
 */
export interface CheckpointStorage {
  /** Lists the stored names in any order, those of other files included. */
  list(): Promise<readonly string[]>;
  /** Reads an entry. @throws Error if it does not exist. */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Stores an entry atomically, also in a crash, replacing an existing one. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Removes an entry, if it exists. */
  remove(name: string): Promise<void>;
  /**
   * Locks the storage for one run.
   *
   * @returns A function that unlocks it. The end of the process, even a crash, must unlock it too.
   * @throws Error if another run has locked it.
   */
  lock?(): Promise<() => Promise<void>>;
}
