import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically as write } from "safetensors-io/node";

/** Written under this name first; see {@link removeTemporaries}. */
const temporaryName = (path: string): string => `${path}.${process.pid}.tmp`;
/** Temporary names of this module, and of `saveModel`. */
const TEMPORARY = /\.\d+\.tmp$|\.[0-9a-f-]{36}\.part$/;

/** `writeAtomically` of safetensors-io, with temporary names that {@link removeTemporaries} finds. */
export function writeAtomically(path: string, data: string | Uint8Array): Promise<void> {
  return write(path, data, { temporary: temporaryName(path), makeFolder: true });
}

/** Removes unfinished files of killed processes from a folder that only this process writes to. */
export async function removeTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  await Promise.all(
    names.filter((name) => TEMPORARY.test(name)).map((name) => rm(join(folder, name), { force: true })),
  );
}
