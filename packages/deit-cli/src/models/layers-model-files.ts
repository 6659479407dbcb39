import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { z } from "zod";
import { parseJson } from "../files/parse-json.ts";
import { writeAtomically } from "../files/write-atomically.ts";
import { isKeras3, keras2Topology } from "./keras3-topology.ts";
import { Normalization } from "./normalization-layer.ts";

const size = z.number().int().nonnegative();
/** The fields that are read here; tfjs checks the others when it makes the model. */
const manifest = z.array(
  z.object({
    paths: z.array(z.string()),
    weights: z.array(z.object({ name: z.string(), shape: z.array(size), dtype: z.string() })),
  }),
);

/**
 * Loads a tfjs layers model from disk, as tfjs does only with its native backend. Models of Keras 3 are converted to Keras 2's
 * format.
 *
 * @param path - `model.json`, or the folder that holds it.
 * @throws Error naming the file if it is absent, not a layers model or has an unknown layer, if a weight file is missing or cut
 * short, or if a weight is not finite.
 */
export async function loadLayersModelFile(path: string): Promise<tfl.LayersModel> {
  const file = (await isFolder(path)) ? join(path, "model.json") : path;
  const json = await readModelJson(file);
  const artifacts = await tf.io.getModelArtifactsForJSON(json, async (manifest) => {
    const specs = manifest.flatMap((group) => group.weights);
    const shards = await Promise.all(
      manifest.flatMap((group) => group.paths).map((shard) => readShard(join(dirname(file), shard))),
    );
    const data = Buffer.concat(shards);
    const expected = specs.reduce((bytes, spec) => bytes + weightBytes(spec), 0);
    if (data.length !== expected) {
      throw new Error(`${file}: its weight files must hold ${expected} bytes, got ${data.length}`);
    }
    return [specs, data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer];
  });
  const model = await fromArtifacts(file, artifacts);
  await requireFinite(file, model);
  await Promise.all(model.layers.map((layer) => layer instanceof Normalization && layer.readStatistics()));
  return model;
}

async function fromArtifacts(file: string, artifacts: tf.io.ModelArtifacts): Promise<tfl.LayersModel> {
  const topology = artifacts.modelTopology;
  const readable =
    topology !== undefined && isKeras3(topology)
      ? { ...artifacts, modelTopology: keras2Topology(topology) }
      : artifacts;
  const { weightSpecs = [], weightData, ...topologyOnly } = readable;
  const { registeredVariables } = tf.engine().state;
  const before = new Set(Object.keys(registeredVariables));
  try {
    requireLayerNames(topologyOnly.modelTopology);
    const model = await tfl.loadLayersModel(tf.io.fromMemory(topologyOnly));
    const data = tf.io.CompositeArrayBuffer.join(weightData);
    tf.tidy(() => {
      const decoded = tf.io.decodeWeights(data, weightSpecs);
      const own = weightSpecs.filter(({ group }) => group !== "optimizer");
      model.loadWeights(Object.fromEntries(own.map(({ name }) => [name, decoded[name]!])), true);
    });
    return model;
  } catch (cause) {
    // Layers that were built before the one that failed hold weights.
    for (const [name, variable] of Object.entries(registeredVariables))
      if (!before.has(name)) variable.dispose();
    const why = (cause as Error).message.split("\n")[0];
    const advice =
      readable === artifacts
        ? ""
        : "; it is of Keras 3: save it with Keras 2 (pip install tf_keras, TF_USE_LEGACY_KERAS=1) and convert that";
    throw new Error(`${file}: expected a model that TensorFlow.js can load, got: ${why}${advice}`, { cause });
  }
}

/** @throws Error for a layer's name that tfjs would refuse only after it has made the layer's weights. */
function requireLayerNames(topology: unknown): void {
  if (typeof topology !== "object" || topology === null) return;
  const { class_name, config } = topology as { class_name?: unknown; config?: { name?: unknown } };
  const name = class_name === undefined ? undefined : config?.name;
  if (typeof name === "string" && !/^[A-Za-z0-9][-A-Za-z0-9._/]*$/.test(name))
    throw new Error(`'${name}' is not a valid layer name`);
  for (const part of Object.values(topology)) requireLayerNames(part);
}

/** Returns the result of `use`; disposes the model if it throws. */
export function orDispose<T>(model: tfl.LayersModel, use: () => T): T {
  try {
    return use();
  } catch (error) {
    model.dispose();
    throw error;
  }
}

async function requireFinite(file: string, model: tfl.LayersModel): Promise<void> {
  for (const weight of model.weights) {
    const values = await weight.read().data();
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    model.dispose();
    throw new Error(
      `${file}: expected weights that are finite numbers, got ${values[at]} in '${weight.originalName}' at ${at}`,
    );
  }
}

/** Saves a model as `model.json` and `weights.bin` in `folder`, the weights first: where `model.json` is, the model is whole. */
export async function saveLayersModelFile(model: tfl.LayersModel, folder: string): Promise<void> {
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    const data = new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData));
    await writeAtomically(join(folder, "weights.bin"), data);
    const json: tf.io.ModelJSON = {
      modelTopology: artifacts.modelTopology!,
      format: "layers-model",
      generatedBy: "deit-cli",
      convertedBy: null as never,
      weightsManifest: [{ paths: ["weights.bin"], weights: artifacts.weightSpecs! }],
      ...(artifacts.userDefinedMetadata && { userDefinedMetadata: artifacts.userDefinedMetadata }),
    };
    await writeAtomically(join(folder, "model.json"), JSON.stringify(json));
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
  });
  await model.save(handler);
}

async function readModelJson(file: string): Promise<tf.io.ModelJSON> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new Error(`${file}: expected a tfjs layers model (model.json), could not read it`, { cause });
  }
  try {
    const json = parseJson(text) as tf.io.ModelJSON;
    if (json?.format !== "layers-model" && json?.format !== undefined)
      throw new Error(`format is '${json?.format}'`);
    if (typeof json?.modelTopology !== "object" || json.modelTopology === null)
      throw new Error("it has no modelTopology");
    const { error } = manifest.safeParse(json.weightsManifest);
    if (error === undefined) return json;
    const { path, message } = error.issues[0]!;
    throw new Error(`${["weightsManifest", ...path].join(".")}: ${message}`);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file}: expected a tfjs layers model, got something else (${why})`, { cause });
  }
}

async function readShard(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Error(`${path}: a weight file that model.json names could not be read`, { cause });
  }
}

function weightBytes(spec: tf.io.WeightsManifestEntry): number {
  const size = spec.shape.reduce((count, n) => count * n, 1);
  const bytes: Record<string, number> = { float16: 2, uint8: 1, uint16: 2, bool: 1 };
  return size * (bytes[spec.quantization?.dtype ?? spec.dtype] ?? 4);
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
