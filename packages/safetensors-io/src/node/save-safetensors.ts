import { requireOptions } from "known-options";
import {
  safetensorsChunks,
  type TensorToWrite,
  WRITE_CHECKS,
  type WriteOptions,
} from "../encode-safetensors.ts";
import { writeAtomically } from "./write-atomically.ts";

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
  try {
    await writeAtomically(path, safetensorsChunks(tensors, options));
  } catch (error) {
    if (error instanceof Error && "code" in error)
      throw new Error(`saveSafetensors: ${error.message}`, { cause: error.cause });
    throw error;
  }
}
