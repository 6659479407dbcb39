import type { CheckpointStorage } from "../checkpoint/storage.ts";
import { lockStorage } from "./lock-storage.ts";
import { requireName } from "./place.ts";
import { noRoomError } from "./room.ts";

/** Named bytes that a browser keeps. Names are checked before. */
export interface Entries {
  list(): Promise<readonly string[]>;
  /** Reads an entry; `undefined` if it does not exist. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Stores an entry, all of it or nothing. */
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Removes an entry, if it exists. */
  remove(name: string): Promise<void>;
  /** Prepares the storage for a run that has locked it. */
  begin?(): Promise<void>;
}

/**
 * Returns a storage of checkpoints over entries: with names checked, locked by Web Locks, and errors that name it.
 *
 * @param place - The storage, as the program names it: `opfsStorage("runs/1")`.
 */
export function storageOf(place: string, entries: Entries): CheckpointStorage {
  const explained = async <T>(failure: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new Error(`${place}: ${failure}: ${reason}`, { cause });
    }
  };
  return {
    list: () => explained("its entries could not be listed", () => entries.list()),
    async read(name) {
      requireName(place, name);
      const bytes = await explained(`'${name}' could not be read`, () => entries.read(name));
      if (bytes === undefined) throw new Error(`${place}: expected '${name}', got no entry of this name`);
      return bytes;
    },
    async write(name, bytes) {
      requireName(place, name);
      if (bytes.length === 0) throw new RangeError(`${place}: expected bytes for '${name}', got none`);
      try {
        await explained(`'${name}' could not be stored`, () => entries.write(name, bytes));
      } catch (error) {
        const { cause } = error as Error;
        throw (cause as Error | null)?.name === "QuotaExceededError"
          ? await noRoomError(place, name, bytes.length, cause)
          : error;
      }
    },
    async remove(name) {
      requireName(place, name);
      await explained(`'${name}' could not be removed`, () => entries.remove(name));
    },
    async lock() {
      const unlock = await lockStorage(place);
      try {
        await explained("it could not be opened", async () => entries.begin?.());
      } catch (error) {
        await unlock();
        throw error;
      }
      return unlock;
    },
  };
}
