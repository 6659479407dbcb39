import { stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { openSafetensors } from "safetensors-io";
import { type FileSource, fileSource } from "safetensors-io/node";
import type { NamedTensors } from "./formats/named-tensors.ts";
import { openNpz } from "./formats/npz.ts";
import { openSavedModelZip, shardName } from "./formats/saved-model.ts";
import { openTensorBundle } from "./formats/tensor-bundle/open-tensor-bundle.ts";

/**
 * Opens a weights file or folder: NumPy's `.npz`, a TensorFlow SavedModel as a folder or a `.zip`, anything else as
 * safetensors.
 *
 * @returns An open file, to be closed by the caller; `loadNamedWeights` closes it.
 * @throws RangeError that names the path and what is wrong, or the file system's error with the path.
 *
 * @example
 * ```ts norun
 * const file = await openWeightsFile("bit_teacher_flowers");
 * console.log(file.tensors.keys());
 * await file.close();
 * ```
 */
export async function openWeightsFile(path: string): Promise<NamedTensors & { close(): Promise<void> }> {
  const sources: FileSource[] = [];
  const open = async (file: string): Promise<FileSource> => {
    const source = await fileSource(file);
    sources.push(source);
    return source;
  };
  let file: NamedTensors | undefined;
  const close = async (): Promise<void> => {
    await file?.close?.();
    for (const source of sources) await source.close();
  };
  try {
    file = await openAny(path, open);
    return { ...file, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openAny(path: string, open: (path: string) => Promise<FileSource>): Promise<NamedTensors> {
  if ((await stat(path)).isDirectory()) {
    return openTensorBundle({
      index: await open(join(path, "variables", "variables.index")),
      shard: (shard, count) => open(join(path, "variables", shardName(shard, count))),
    });
  }
  const source = await open(path);
  switch (extname(path)) {
    case ".npz":
      return openNpz(source);
    case ".zip":
      return openSavedModelZip(source);
    default:
      return openSafetensors(source);
  }
}
