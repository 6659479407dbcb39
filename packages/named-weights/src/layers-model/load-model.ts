import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { firstNonFinite, requireArguments, STRING } from "known-options";
import { isKeras3, keras2Topology } from "./keras3-topology.ts";
import { modelJsonPath } from "./model-json.ts";
import { readArtifacts } from "./read-artifacts.ts";

/**
 * Loads a tfjs layers model from a folder in Node, whatever the backend: what {@link saveModel}, `model.save` and tfjs' converter
 * write. Its metadata (`getUserDefinedMetadata`), a compiled model's training configuration and its optimizer's weights come with
 * it. Weights that are stored as float16, uint8 or uint16 are float32 in the model. A model of Keras 3 is read as Keras 2's.
 *
 * Layers must be registered: import the packages that they are of, such as `vit-blocks`, before.
 *
 * @param path - The folder, or its `model.json`.
 * @returns A model owned by the caller.
 * @throws Error that names the file and what was expected: no `model.json`, a graph model, a layer that is not registered, a weight
 * file that is absent, longer, shorter or other than it was saved, a weight that is not finite. Nothing is left on the backend.
 *
 * @example
 * await saveModel(model, "student");
 * const student = await loadModel("student");
 * console.log(student.countParams() === model.countParams()); // true
 */
export async function loadModel(path: string): Promise<tfl.LayersModel> {
  requireArguments("loadModel", { path }, { path: STRING });
  const file = await modelJsonPath(path);
  const artifacts = await readArtifacts(file, ({ format, modelTopology }) => {
    const kind = format ?? ("node" in modelTopology ? "graph-model" : "layers-model");
    if (kind === "layers-model") return;
    const advice =
      kind === "graph-model"
        ? "; in Node, load it with loadGraphModel(modelFolder(path)) of @tensorflow/tfjs-converter and named-weights/node"
        : "";
    throw new Error(`${file}: expected a tfjs layers model, got '${kind}'${advice}`);
  });
  const model = await modelOf(file, artifacts);
  await requireFinite(file, model);
  return model;
}

async function modelOf(file: string, artifacts: tf.io.ModelArtifacts): Promise<tfl.LayersModel> {
  const topology = artifacts.modelTopology as object;
  const isConverted = isKeras3(topology);
  const { weightSpecs = [], weightData, ...others } = artifacts;
  const { registeredVariables } = tf.engine().state;
  const before = new Set(Object.keys(registeredVariables));
  const decoded: tf.Tensor[] = [];
  try {
    requireLayerNames(topology);
    const modelTopology = isConverted ? keras2Topology(topology) : topology;
    const model = await tfl.loadLayersModel(tf.io.fromMemory({ ...others, modelTopology }));
    const named = tf.io.decodeWeights(tf.io.CompositeArrayBuffer.join(weightData), weightSpecs);
    decoded.push(...Object.values(named));
    const isOptimizers = ({ group }: tf.io.WeightsManifestEntry): boolean => group === "optimizer";
    const own = weightSpecs.filter((spec) => !isOptimizers(spec));
    model.loadWeights(Object.fromEntries(own.map(({ name }) => [name, named[name]!])), true);
    const slots = weightSpecs.filter(isOptimizers).map(({ name }) => ({ name, tensor: named[name]! }));
    if (slots.length > 0) await model.optimizer?.setWeights(slots);
    return model;
  } catch (cause) {
    // Layers that were built before the one that failed hold weights.
    for (const [name, variable] of Object.entries(registeredVariables))
      if (!before.has(name)) variable.dispose();
    const why = (cause as Error).message.split("\n")[0]!;
    throw new Error(
      `${file}: expected a model that TensorFlow.js can load, got: ${why}${adviceOn(why, isConverted)}`,
      { cause },
    );
  } finally {
    tf.dispose(decoded);
  }
}

function adviceOn(why: string, isKeras3Model: boolean): string {
  if (isKeras3Model)
    return "; it is of Keras 3: save it with Keras 2 (pip install tf_keras, TF_USE_LEGACY_KERAS=1) and convert that";
  if (why.startsWith("Unknown layer"))
    return "; import the package that it is of before (such as vit-blocks), or register your own with tf.serialization.registerClass";
  return "";
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

async function requireFinite(file: string, model: tfl.LayersModel): Promise<void> {
  for (const weight of model.weights) {
    const values = await weight.read().data();
    const at = firstNonFinite(values);
    if (at < 0) continue;
    model.dispose();
    throw new Error(
      `${file}: expected weights that are finite numbers, got ${values[at]} in '${weight.originalName}' at ${at}`,
    );
  }
}
