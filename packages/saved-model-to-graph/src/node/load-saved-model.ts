import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type * as tf from "@tensorflow/tfjs-core";
import { optional, requireArguments, requireOptions, STRING } from "known-options";
import { openSavedModelZip, openTensorBundle, openZip } from "named-weights";
import type { ByteSource } from "safetensors-io";
import { fileSource } from "safetensors-io/node";
import { type SavedModelToGraphOptions, savedModelToGraph } from "../saved-model-to-graph.ts";

/** Most bytes of `saved_model.pb`: protocol buffers end at 2 GiB. */
const MOST_BYTES = 2 ** 31;

/**
 * Loads a TensorFlow SavedModel as the artifacts of a tfjs graph model, without TensorFlow; see {@link savedModelToGraph}.
 *
 * @param path - Its folder, its `saved_model.pb`, or a zip that has one.
 * @throws As `savedModelToGraph`, or an error of the file system.
 *
 * @example
 * ```ts norun
 * import { loadGraphModel } from "@tensorflow/tfjs-converter";
 *
 * const model = await loadGraphModel({ load: () => loadSavedModel("flowers") });
 * ```
 */
export async function loadSavedModel(
  path: string,
  options: SavedModelToGraphOptions = {},
): Promise<tf.io.ModelArtifacts> {
  requireOptions("loadSavedModel", options, { signature: optional(STRING) });
  requireArguments("loadSavedModel", { path }, { path: STRING });
  if ((await stat(path)).isDirectory()) return fromFolder(path, options);
  return path.endsWith(".pb") ? fromFolder(dirname(path), options) : fromZip(path, options);
}

async function fromFolder(folder: string, options: SavedModelToGraphOptions): Promise<tf.io.ModelArtifacts> {
  const opened: (ByteSource & { close(): Promise<void> })[] = [];
  const open = async (name: string) => {
    const source = await fileSource(join(folder, name));
    opened.push(source);
    return source;
  };
  try {
    const model = await whole(await open("saved_model.pb"));
    const index = join("variables", "variables.index");
    const hasVariables = await stat(join(folder, index)).then(
      () => true,
      () => false,
    );
    const openShard = (shard: number, count: number) => {
      const digits = (n: number) => String(n).padStart(5, "0");
      const name = `variables.data-${digits(shard)}-of-${digits(count)}`;
      return open(join("variables", name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
        throw new RangeError(
          `${join(folder, index)}: expected ${name} beside variables.index, got no such file`,
          { cause: error },
        );
      });
    };
    const variables = hasVariables
      ? await openTensorBundle({
          index: await open(index),
          shard: openShard,
        })
      : undefined;
    return await savedModelToGraph({ name: folder, model, ...(variables && { variables }) }, options);
  } finally {
    await Promise.all(opened.map((source) => source.close()));
  }
}

async function fromZip(path: string, options: SavedModelToGraphOptions): Promise<tf.io.ModelArtifacts> {
  const source = await fileSource(path);
  try {
    const members = await openZip(source);
    const found = [...members].filter(([name]) => /(^|\/)saved_model\.pb$/.test(name));
    if (found.length !== 1)
      throw new RangeError(`${path}: expected a zip with one saved_model.pb, got ${found.length} of them`);
    const model = await whole(found[0]![1]);
    for (const member of members.values()) await member.close();
    const hasVariables = [...members.keys()].some((name) => name.endsWith("variables/variables.index"));
    const variables = hasVariables ? await openSavedModelZip(source) : undefined;
    try {
      return await savedModelToGraph({ name: path, model, ...(variables && { variables }) }, options);
    } finally {
      await variables?.close?.();
    }
  } finally {
    await source.close();
  }
}

async function whole(source: ByteSource): Promise<Uint8Array> {
  if (source.size > MOST_BYTES)
    throw new RangeError(`${source.name}: expected at most ${MOST_BYTES} bytes, got ${source.size}`);
  return source.read(0, source.size);
}
