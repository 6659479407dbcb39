import { createStore, del, get, keys, set } from "idb-keyval";
import type { CheckpointStorage } from "../checkpoint/storage.ts";
import { storageOf } from "./entries.ts";
import { namesOf } from "./place.ts";

/** Name of the object store in the database. */
const STORE = "checkpoints";

/**
 * Returns a storage of checkpoints in a database of IndexedDB, for pages and Workers. A run locks it, by Web Locks: two
 * tabs cannot train into it. An entry is stored in one transaction: all of it, or what was there before stays.
 *
 * @param name - Name of the database, which is for this storage alone: names with `/` between them.
 * @throws TypeError if `name` is not one; Error if there is no IndexedDB. Later: Error if there is no room, with what was
 * needed and is free; what was stored before stays.
 *
 * @example
 * ```ts norun
 * const checkpoint = { storage: indexedDbStorage("runs/1"), everySteps: 100, resume: true };
 * ```
 */
export function indexedDbStorage(name: string): CheckpointStorage {
  namesOf("indexedDbStorage", { name });
  if (globalThis.indexedDB === undefined) {
    throw new Error("indexedDbStorage: expected indexedDB, which browsers have, got none");
  }
  const store = createStore(name, STORE);
  return storageOf(`indexedDbStorage(${JSON.stringify(name)})`, {
    list: () => keys<string>(store),
    read: (entry) => get<Uint8Array<ArrayBuffer>>(entry, store),
    // A view would be stored with all of its buffer.
    write: (entry, bytes) =>
      set(entry, bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice(), store),
    remove: (entry) => del(entry, store),
  });
}
