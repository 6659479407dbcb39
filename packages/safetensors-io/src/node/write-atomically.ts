import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { BOOLEAN, optional, requireOptions, STRING } from "known-options";

/** Options of {@link writeAtomically}. */
export interface WriteAtomicallyOptions {
  /**
   * Path of the temporary file, in the same folder. Default: the file's own with a random ending, which a killed process leaves
   * behind for good.
   */
  readonly temporary?: string;
  /** Whether to make the folder where it is absent. Default false. */
  readonly makeFolder?: boolean;
}

/**
 * Writes a file all or nothing: under a temporary name, flushed to the disk, renamed, the folder flushed. Whatever happens, the path
 * holds the old file or the whole new one.
 *
 * @param data - All of it, or its chunks one after the other.
 * @throws Error naming the path and the file system's reason, such as a full disk, with the system's error as its cause and its
 * `code`; what `data` throws. Nothing is left of the new file then.
 *
 * @example
 * await writeAtomically("result.json", JSON.stringify({ accuracy: 0.9 }));
 */
export async function writeAtomically(
  path: string,
  data: string | Uint8Array | AsyncIterable<string | Uint8Array>,
  options: WriteAtomicallyOptions = {},
): Promise<void> {
  requireOptions("writeAtomically", options, { temporary: optional(STRING), makeFolder: optional(BOOLEAN) });
  const { temporary = `${path}.${randomUUID()}.part`, makeFolder = false } = options;
  let written = 0;
  try {
    if (makeFolder) await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "w");
    try {
      for await (const chunk of typeof data === "string" || data instanceof Uint8Array ? [data] : data) {
        await file.writeFile(chunk);
        written += typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {}); // its folder may be no folder
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    const size =
      typeof data === "string" ? Buffer.byteLength(data) : data instanceof Uint8Array ? data.length : written;
    const error = new Error(`${path}: could not write its ${size} bytes: ${cause.message}`, { cause });
    throw Object.assign(error, { code: (cause as NodeJS.ErrnoException).code });
  }
  await flushFolder(dirname(path));
}

/** Makes the new name survive a power cut, where the system can. */
async function flushFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder);
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows cannot open folders
  }
}
