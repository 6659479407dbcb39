import type { CheckpointStorage } from "train-loop";
import { browserStorage, StorageLockedError } from "train-loop/browser";
import { digestOf } from "./digest.ts";

/** Where a project is kept: the browser's storage, or this Worker's memory where there is none. */
export interface Stores {
  readonly kind: "opfs" | "indexeddb" | "none";
  /** Pictures, settings, trained models. */
  readonly project: CheckpointStorage;
  /** Checkpoints of an unfinished training. */
  readonly checkpoints: Readonly<Record<"teacher" | "student", CheckpointStorage>>;
}

/** Opens the storage of this page's folder: pages of one site in several folders do not share it. */
export async function openStores(base: string): Promise<Stores> {
  const place = await placeOf(new URL(".", base).pathname);
  try {
    const project = await browserStorage(`${place}-project`);
    const [teacher, student] = await Promise.all([
      browserStorage(`${place}-teacher`),
      browserStorage(`${place}-student`),
    ]);
    return { kind: project.kind, project, checkpoints: { teacher, student } };
  } catch {
    const checkpoints = { teacher: memoryStorage(), student: memoryStorage() };
    return { kind: "none", project: memoryStorage(), checkpoints };
  }
}

/** Longest name of a place besides a digest: a storage's has 200 characters at most. */
const LONGEST = 100;

/** A name for each path: other paths have other names. */
async function placeOf(path: string): Promise<string> {
  const name = path.replace(/[^A-Za-z0-9-]/g, (one) => `_${one.charCodeAt(0).toString(16)}`);
  if (name.length <= LONGEST) return `deit-web${name}`;
  return `deit-web${name.slice(0, LONGEST)}-${await digestOf(new TextEncoder().encode(path))}`;
}

/** Time that the Worker of a page that is loaded again may take to end. */
const PATIENCE_MS = 3000;
const PAUSE_MS = 100;

/** Claims a project for this tab until it is closed. @throws Error if another tab has it open. */
export async function claim(project: CheckpointStorage): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await project.lock?.();
      return;
    } catch (cause) {
      if (!(cause instanceof StorageLockedError)) throw cause;
      if (performance.now() > until)
        throw new Error(
          "This page is open in another tab, with your pictures: go there, or close that one.",
          {
            cause,
          },
        );
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Removes everything that a storage holds. */
export async function empty(storage: CheckpointStorage): Promise<void> {
  for (const name of await storage.list()) await storage.remove(name);
}

function memoryStorage(): CheckpointStorage {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    list: async () => [...files.keys()],
    async read(name) {
      const bytes = files.get(name);
      if (bytes === undefined) throw new Error(`expected a file '${name}', got none`);
      return bytes;
    },
    write: async (name, bytes) => void files.set(name, bytes.slice()),
    remove: async (name) => void files.delete(name),
  };
}
