import { readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import {
  BOOLEAN,
  type Checks,
  COUNT,
  having,
  MODEL,
  OBJECT,
  oneOf,
  optional,
  requireArguments,
  requireOptions,
  STRING,
} from "known-options";
import { writeAtomically } from "safetensors-io/node";
import { halved } from "./halved.ts";
import { parseModelJson } from "./model-json.ts";
import { sha256Of } from "./weight-files.ts";

/** Options of {@link saveModel}. */
export interface SaveModelOptions {
  /** Type in which float32 weights are stored; `float16` rounds each to 11 significant bits. Default `float32`. */
  readonly dtype?: "float32" | "float16";
  /** Largest weight file in bytes; tfjs' converter writes 4 MiB, which browsers cache. Default: one file. */
  readonly shardBytes?: number;
  /** Whether a compiled model's optimizer is saved with its weights, if it has any. Default false. */
  readonly includeOptimizer?: boolean;
}

const CHECKS: Checks<SaveModelOptions> = {
  dtype: optional(oneOf("float32", "float16")),
  shardBytes: optional(COUNT),
  includeOptimizer: optional(BOOLEAN),
};

/** Names of weight files that tfjs' programs write: those of an earlier model are removed. */
const WEIGHT_FILE = /^(weights|group\d+-shard\d+of\d+)[\w-]*(\.bin)?$/;
/** What a killed process leaves: weights that no model.json names, and files that are not whole. */
const UNFINISHED =
  /^(weights(-[0-9a-f]{12})?(-\d+of\d+)?|group1-shard\d+of\d+-[0-9a-f]{12})\.bin$|^(model\.json|(weights|group1-shard)[\w-]*\.bin)\.[0-9a-f-]{36}\.part$/;

/**
 * Saves a layers model in a folder in Node, whatever the backend, as `model.json` and `weights.bin`: tfjs' own format, which
 * `tf.loadLayersModel` reads over HTTP in a page, tfjs-node from `file://`, and {@link loadModel} anywhere in Node. The model's
 * metadata (`setUserDefinedMetadata`) is in it.
 *
 * At any time the folder holds the old model or the new one, whole: weights are written first, to names that the old `model.json`
 * does not use, `model.json` is replaced last, and then other `weights*.bin` go. One process at a time may save to a folder; in one, saves at once
 * take turns.
 *
 * @param folder - Created if it does not exist.
 * @throws TypeError for an unknown option. RangeError if one is out of range or float16 cannot hold a weight, before anything is
 * written. Error of the file system that names the file; the old model stays.
 *
 * @example
 * model.setUserDefinedMetadata({ classNames: ["daisy", "rose"] });
 * await saveModel(model, "student", { dtype: "float16" });
 * console.log((await loadModel("student")).getUserDefinedMetadata()); // { classNames: [ 'daisy', 'rose' ] }
 */
export async function saveModel(
  model: tfl.LayersModel,
  folder: string,
  options: SaveModelOptions = {},
): Promise<void> {
  requireOptions("saveModel", options, CHECKS);
  requireArguments("saveModel", { model, folder }, { model: MODEL, folder: STRING });
  const { includeOptimizer = false, ...others } = options;
  const handler = tf.io.withSaveHandler((artifacts) => saveArtifacts(folder, artifacts, others));
  await model.save(handler, { includeOptimizer });
}

/** Options of {@link saveArtifacts}. */
export interface SaveArtifactsOptions extends Omit<SaveModelOptions, "includeOptimizer"> {
  /** How weight files are called: `weights.bin`, or `group1-shard1of1.bin` as tfjs' converter names them. Default `"weights"`. */
  readonly weightsName?: "weights" | "group1-shard";
}

const ARTIFACTS = having(
  "a model's artifacts with modelTopology and weightData",
  ({ modelTopology, weightData }) => OBJECT.fits(modelTopology) && typeof weightData === "object",
);
const ARTIFACTS_CHECKS: Checks<SaveArtifactsOptions> = {
  dtype: optional(oneOf("float32", "float16")),
  shardBytes: optional(COUNT),
  weightsName: optional(oneOf("weights", "group1-shard")),
};

/**
 * Saves a model's artifacts, of a layers or a graph model, as {@link saveModel} saves a model.
 *
 * @param folder - Created if it does not exist.
 * @param artifacts - As `tf.io` handlers get them. Not changed.
 * @throws TypeError for an unknown option. RangeError if one is out of range or float16 cannot hold a weight, before anything is
 * written. Error of the file system that names the file; the old model stays.
 *
 * @example
 * import * as tfl from "@tensorflow/tfjs-layers";
 *
 * const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [3] })] });
 * const handler = tf.io.withSaveHandler((artifacts) => saveArtifacts("dense", artifacts, { shardBytes: 4 * 2 ** 20 }));
 * await model.save(handler);
 */
export async function saveArtifacts(
  folder: string,
  artifacts: tf.io.ModelArtifacts,
  options: SaveArtifactsOptions = {},
): Promise<tf.io.SaveResult> {
  requireOptions("saveArtifacts", options, ARTIFACTS_CHECKS);
  requireArguments("saveArtifacts", { folder, artifacts }, { folder: STRING, artifacts: ARTIFACTS });
  return await inTurn(resolve(folder), () => written(folder, artifacts, options));
}

/** The last save to each folder that has not ended. */
const saving = new Map<string, Promise<unknown>>();

/** One save to a folder after the other: each one's names depend on what is there. */
async function inTurn<T>(folder: string, save: () => Promise<T>): Promise<T> {
  const before = saving.get(folder) ?? Promise.resolve();
  const own = before.then(save, save);
  saving.set(folder, own);
  try {
    return await own;
  } finally {
    if (saving.get(folder) === own) saving.delete(folder);
  }
}

async function written(
  folder: string,
  artifacts: tf.io.ModelArtifacts,
  { dtype = "float32", shardBytes = Number.POSITIVE_INFINITY, weightsName = "weights" }: SaveArtifactsOptions,
): Promise<tf.io.SaveResult> {
  const stored = dtype === "float16" ? halved(artifacts) : artifacts;
  const data = new Uint8Array(tf.io.CompositeArrayBuffer.join(stored.weightData));
  const old = await weightFilesOf(join(folder, "model.json"));
  const shards = cut(data, shardBytes);
  const sha256 = shards.map(sha256Of);
  const paths = namesOf(weightsName, shards.length, new Set(old), sha256Of(Buffer.from(sha256.join())));
  for (const [i, shard] of shards.entries())
    await writeAtomically(join(folder, paths[i]!), shard, { makeFolder: true });
  const { weightSpecs = [], weightData: _, ...others } = stored;
  const json = { ...others, weightsManifest: [{ paths, weights: weightSpecs, sha256 }] };
  await writeAtomically(join(folder, "model.json"), JSON.stringify(json));
  const unused = [
    ...old.filter((name) => WEIGHT_FILE.test(name)),
    ...(await readdir(folder)).filter((name) => UNFINISHED.test(name)),
  ];
  for (const name of unused) if (!paths.includes(name)) await rm(join(folder, name), { force: true });
  return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(stored) };
}

/** The weight files that a folder's `model.json` uses; none if there is no `model.json`, or it is damaged. */
async function weightFilesOf(file: string): Promise<string[]> {
  try {
    return parseModelJson(file, await readFile(file, "utf8")).weightsManifest.flatMap(({ paths }) => paths);
  } catch {
    return [];
  }
}

function cut(data: Uint8Array, size: number): Uint8Array[] {
  const shards: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < data.length; at += size) shards.push(data.subarray(at, at + size));
  return shards;
}

/** `weights.bin`, or with a number each; with a part of the digest too if the old model uses any of these names. */
function namesOf(
  name: "weights" | "group1-shard",
  count: number,
  old: ReadonlySet<string>,
  digest: string,
): string[] {
  const numbered = (part: string): string[] =>
    Array.from({ length: count }, (_, i) => {
      const number = `${i + 1}of${count}`;
      if (name === "group1-shard") return `group1-shard${number}${part}.bin`;
      return count === 1 ? `weights${part}.bin` : `weights${part}-${number}.bin`;
    });
  const plain = numbered("");
  return plain.some((file) => old.has(file)) ? numbered(`-${digest.slice(0, 12)}`) : plain;
}
