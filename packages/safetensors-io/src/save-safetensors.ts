import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { requireOptions } from "known-options";
import {
  safetensorsChunks,
  type TensorToWrite,
  WRITE_CHECKS,
  type WriteOptions,
} from "./encode-safetensors.ts";

/**
 * Writes a safetensors file, one tensor at a time, and all or nothing: into a temporary file beside it, which is
 * flushed to the disk and then takes the name.
 *
 * @throws RangeError as {@link safetensorsChunks}, or Error naming the file and the file system's reason, such as a full disk; a file of
 * that name is then as before.
 *
 * @example
 * await saveSafetensors("bias.safetensors", [{ name: "bias", shape: [2], data: Float32Array.of(1, 2) }]);
 */
export async function saveSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  options: WriteOptions = {},
): Promise<void> {
  requireOptions("saveSafetensors", options, WRITE_CHECKS);
  const part = `${path}.${randomUUID()}.part`;
  try {
    const handle = await open(part, "wx");
    try {
      for await (const chunk of safetensorsChunks(tensors, options)) await handle.writeFile(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {}); // its folder may be none
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new Error(`saveSafetensors: could not write ${path}: ${error.message}`, { cause: error });
  }
  await syncFolder(dirname(path));
}

/** Makes the new name survive a power cut, where the system can. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder);
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows cannot open folders
  }
}
