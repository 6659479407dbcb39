import { requireOptions } from "known-options";
import {
  safetensorsChunks,
  type TensorToWrite,
  WRITE_CHECKS,
  type WriteOptions,
} from "../encode-safetensors.ts";
import { writeAtomically } from "./write-atomically.ts";

/**
 * Writes a safetensors file atomically, one tensor at a time: to a temporary file, which is flushed and then renamed.
 *
 * @throws RangeError as {@link safetensorsChunks}, or Error naming the file and the file system's reason, such as a full
 * disk; an existing file then stays.
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
