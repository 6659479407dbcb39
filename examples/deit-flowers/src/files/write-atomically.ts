import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Written under this name first; see {@link removeTemporaries}. */
const temporaryName = (path: string): string => `${path}.${process.pid}.tmp`;
const TEMPORARY = /\.\d+\.tmp$/;

/**
 * Writes a file so that a reader sees the old one or the whole new one, also after a crash. Makes its folder.
 *
 * @throws Error naming the file and the system's reason, such as a full disk; nothing is left of the new file then.
 */
export async function writeAtomically(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "w");
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {}); // its folder may be no folder
    const bytes = typeof data === "string" ? Buffer.byteLength(data) : data.length;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${path}: could not write its ${bytes} bytes: ${reason}`, { cause });
  }
}

/** Removes what killed processes left unfinished in a folder that this process alone writes to. */
export async function removeTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  await Promise.all(
    names.filter((name) => TEMPORARY.test(name)).map((name) => rm(join(folder, name), { force: true })),
  );
}
