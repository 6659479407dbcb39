import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { BOOLEAN, check, optional, requireArguments, requireOptions, STRING } from "known-options";

/** Options of {@link writeAtomically}. */
export interface WriteAtomicallyOptions {
  /** Path of the temporary file, in the same folder. Default: `path` with a random ending, which a killed process leaves. */
  readonly temporary?: string;
  /** Whether to create a missing folder. Default false. */
  readonly makeFolder?: boolean;
}

/**
 * Writes a file atomically: to a temporary file, flushed, renamed, the folder flushed. At any time the path is the old file
 * or the whole new one.
 *
 * @param data - The whole contents, or their chunks in order.
 * @throws Error naming the path and the file system's reason, such as a full disk, with the system's error as its cause and its
 * `code`; or the error of `data`. Nothing is left of the new file.
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
  const isData = (value: unknown): boolean =>
    typeof value === "string" || value instanceof Uint8Array || Symbol.asyncIterator in Object(value);
  requireArguments(
    "writeAtomically",
    { path, data },
    { path: STRING, data: check("a string, bytes or chunks", isData) },
  );
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
    await rm(temporary, { force: true }).catch(() => {}); // its folder may be a file
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    const size =
      typeof data === "string" ? Buffer.byteLength(data) : data instanceof Uint8Array ? data.length : written;
    const error = new Error(`${path}: could not write its ${size} bytes: ${cause.message}`, { cause });
    throw Object.assign(error, { code: (cause as NodeJS.ErrnoException).code });
  }
  await flushFolder(dirname(path));
}

/** Makes the new name survive a power failure, where the system can. */
async function flushFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder);
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows cannot open folders
  }
}
