import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";

import { toGraphModel } from "tfjs-to-graph";

import type { ExportOptions } from "../export-options.ts";
import { type ExportedFile, jsonFile } from "../exported.ts";

/** Size of a weight file, as of tfjs' own converter: browsers cache files up to it. */
const SHARD_BYTES = 4 * 2 ** 20;

/** Files of a graph model. @throws Error that names the first layer that cannot be converted. */
export async function tfjsFiles(
  model: tfl.LayersModel,
  { classNames, preprocessing, multiLabel = false }: ExportOptions,
): Promise<ExportedFile[]> {
  const artifacts = await toGraphModel(model, {
    ...{ inputNames: ["pixel_values"], outputNames: ["logits"] },
    metadata: { classNames, preprocessing, ...(multiLabel && { multiLabel }) },
  });
  const { weightData, weightSpecs = [], ...json } = artifacts;
  const data = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
  const count = Math.max(1, Math.ceil(data.length / SHARD_BYTES));
  const shards = Array.from({ length: count }, (_, i) => ({
    path: `group1-shard${i + 1}of${count}.bin`,
    data: data.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES),
  }));
  const sha256 = await Promise.all(shards.map((shard) => sha256Of(shard.data)));
  const weightsManifest = [
    {
      paths: shards.map(({ path }) => path),
      weights: weightSpecs,
      ...(sha256.every((one) => one !== undefined) && { sha256 }), // tfjs passes over it, named-weights checks it
    },
  ];
  return [
    jsonFile("tfjs/model.json", { ...json, weightsManifest }),
    ...shards.map((shard) => ({ ...shard, path: `tfjs/${shard.path}` })),
  ];
}

/** SHA-256 in hexadecimal digits; `undefined` in a page without HTTPS, which has no digests. */
async function sha256Of(data: Uint8Array): Promise<string | undefined> {
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", Uint8Array.from(data));
  return digest && Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
