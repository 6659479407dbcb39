/** Error of a storage that another training of this browser has locked. */
export class StorageLockedError extends Error {
  override readonly name = "StorageLockedError";
  /** The storage, as the program names it: `opfsStorage("runs/1")`. */
  readonly storage: string;

  constructor(storage: string) {
    super(
      `${storage}: expected a storage that no other training uses, got one in use, in this tab or another; it is free when that training ends or its tab is closed`,
    );
    this.storage = storage;
  }
}

/**
 * Locks a storage by the Web Locks of its origin, which the browser releases when the page or Worker ends in any way.
 *
 * @param storage - Name of the storage in messages and of the lock.
 * @returns A function that unlocks it.
 * @throws StorageLockedError if another page, Worker or caller has locked it. Error where there are no Web Locks or the browser denies them.
 * @see https://w3c.github.io/web-locks/
 */
export function lockStorage(storage: string): Promise<() => Promise<void>> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (locks === undefined) {
    throw new Error(
      `${storage}: expected navigator.locks, so that two tabs do not train into it, got none: browsers give it to pages of https and localhost`,
    );
  }
  return new Promise((resolve, reject) => {
    const ended = locks.request(`train-loop: ${storage}`, { ifAvailable: true }, (lock) => {
      if (lock === null) throw new StorageLockedError(storage);
      return new Promise<void>((unlock) => {
        resolve(async () => {
          unlock();
          await ended;
        });
      });
    });
    ended.catch((cause: Error) => {
      if (cause instanceof StorageLockedError) return reject(cause);
      reject(new Error(`${storage}: it could not be locked: ${cause.name}: ${cause.message}`, { cause }));
    });
  });
}
