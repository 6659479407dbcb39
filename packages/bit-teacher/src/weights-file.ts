import { stat } from "node:fs/promises";
import { join } from "node:path";
import type * as tfl from "@tensorflow/tfjs-layers";
import { requireOptions } from "known-options";
import { type NamedTensors, openNpz, openSavedModelZip, openTensorBundle, shardName } from "named-weights";
import { FORMAT_BYTES, foreignFormat, openSafetensors } from "safetensors-io";
import { type FileSource, fileSource } from "safetensors-io/node";
import { LOAD_CHECKS, type LoadWeightsOptions, loadWeights, type WeightsReport } from "./load-weights.ts";

type Opener = (path: string, open: (path: string) => Promise<FileSource>) => Promise<NamedTensors>;

const BY_ENDING: Readonly<Record<string, Opener>> = {
  ".npz": async (path, open) => openNpz(await open(path)),
  ".safetensors": async (path, open) => openSafetensors(await open(path)),
  ".zip": async (path, open) => openSavedModelZip(await open(path)),
};

/**
 * `loadWeights` from a file or folder, read tensor by tensor: BiT's `.npz`, timm's `.safetensors`, a TensorFlow SavedModel
 * as a folder or a `.zip`.
 *
 * @throws As `loadWeights`; RangeError if the path is none of these; or the file system's error with the path.
 *
 * @example
 * await loadWeightsFile(bit({ ...bitSizes.r50x3, classes: 5, init: "zeros" }), "bit_teacher_flowers");
 */
export async function loadWeightsFile(
  model: tfl.LayersModel,
  path: string,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport> {
  requireOptions("loadWeightsFile", options, LOAD_CHECKS);
  const opened: FileSource[] = [];
  const open = async (file: string): Promise<FileSource> => {
    const source = await fileSource(file);
    opened.push(source);
    return source;
  };
  try {
    const opener = (await stat(path)).isDirectory() ? savedModel : BY_ENDING[/\.\w+$/.exec(path)?.[0] ?? ""];
    if (opener === undefined) {
      const known = Object.keys(BY_ENDING).join(", ");
      const source = await open(path);
      const found = foreignFormat(await source.read(0, Math.min(source.size, FORMAT_BYTES)));
      const what = found === undefined ? path : `${path}, ${found}`;
      throw new RangeError(
        `loadWeightsFile: expected a SavedModel's folder or a file that ends in ${known}, got ${what}`,
      );
    }
    return await loadWeights(model, await opener(path, open), options);
  } finally {
    await Promise.all(opened.map((source) => source.close()));
  }
}

const savedModel: Opener = async (folder, open) =>
  openTensorBundle({
    index: await open(join(folder, "variables", "variables.index")),
    shard: (shard, count) => open(join(folder, "variables", shardName(shard, count))),
  });
