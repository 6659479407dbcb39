import { open } from "node:fs/promises";
import { type ByteSource, requireRange } from "../byte-source.ts";

/** An open file. */
export interface FileSource extends ByteSource {
  /** Closes the file. */
  close(): Promise<void>;
}

/**
 * Opens a file for reading at any offset; nothing is held in memory.
 *
 * @throws Error of the file system, such as `ENOENT`, with the path.
 *
 * @example
 * ```ts norun
 * const source = await fileSource("model.safetensors");
 * const file = await openSafetensors(source);
 * await source.close();
 * ```
 */
export async function fileSource(path: string): Promise<FileSource> {
  const handle = await open(path);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new TypeError(`fileSource: expected a file, got ${path}`);
    const source: FileSource = {
      name: path,
      size: stats.size,
      close: () => handle.close(),
      async read(offset, length) {
        requireRange(source, offset, length);
        const bytes = new Uint8Array(length);
        let filled = 0;
        while (filled < length) {
          const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
          if (bytesRead === 0)
            throw new RangeError(`${path}: expected ${stats.size} bytes, it ended at ${offset + filled}`);
          filled += bytesRead;
        }
        return bytes;
      },
    };
    return source;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
