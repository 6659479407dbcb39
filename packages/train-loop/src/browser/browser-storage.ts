import type { CheckpointStorage } from "../checkpoint/storage.ts";
import { indexedDbStorage } from "./indexed-db-storage.ts";
import { opfsStorage } from "./opfs-storage.ts";
import { namesOf } from "./place.ts";

/** Storage of checkpoints, and where it is. */
export interface BrowserStorage extends CheckpointStorage {
  /** `opfs`: as {@link opfsStorage}; `indexeddb`: as {@link indexedDbStorage}. */
  readonly kind: "opfs" | "indexeddb";
}

/**
 * Opens a storage of checkpoints in this browser: {@link opfsStorage} where its files can be replaced as a whole, else
 * {@link indexedDbStorage}. The one that has entries of this name already is taken again, if only one has.
 *
 * Browsers may remove what a site keeps when the disk is full, unless they grant `navigator.storage.persist()`.
 *
 * @param name - Names with `/` between them, such as `"runs/1"`.
 * @throws TypeError if `name` is not one. Error if this page can keep nothing, with the reasons: some private windows,
 * blocked site data, frames without an origin.
 *
 * @example
 * ```ts norun
 * const storage = await browserStorage("flowers");
 * console.log(storage.kind); // opfs
 * const checkpoint = { storage, everySteps: 100, resume: true };
 * ```
 */
export async function browserStorage(name: string): Promise<BrowserStorage> {
  namesOf("browserStorage", { name });
  const files = await tried(() => opfsStorage(name));
  if (files.storage && (files.count > 0 || !(await hasDatabase(name)))) {
    return { ...files.storage, kind: "opfs" };
  }
  const database = await tried(() => indexedDbStorage(name));
  if (database.storage && (database.count > 0 || !files.storage)) {
    return { ...database.storage, kind: "indexeddb" };
  }
  if (files.storage) return { ...files.storage, kind: "opfs" };
  throw new Error(
    `browserStorage: expected a page that may keep data, got one that may not, as in some private windows (${files.reason}; ${database.reason})`,
  );
}

interface Tried {
  readonly storage?: CheckpointStorage;
  readonly count: number;
  /** Reason why there is no storage. */
  readonly reason?: string;
}

async function tried(open: () => CheckpointStorage): Promise<Tried> {
  try {
    const storage = open();
    return { storage, count: (await storage.list()).length };
  } catch (error) {
    return { count: 0, reason: (error as Error).message };
  }
}

/** Whether a database exists, which opening it would create. */
async function hasDatabase(name: string): Promise<boolean> {
  try {
    return (await indexedDB.databases()).some((one) => one.name === name);
  } catch {
    return false;
  }
}
