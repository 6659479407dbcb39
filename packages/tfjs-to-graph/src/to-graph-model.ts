import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import {
  type Checks,
  check,
  MODEL,
  OBJECT,
  oneOf,
  optional,
  requireArguments,
  requireOptions,
  STRING,
} from "known-options";
import { artifactsOf } from "./graph/artifacts.ts";
import { NODE_NAME } from "./graph/names.ts";
import { programGraph } from "./program-graph.ts";
import { programOf } from "./program-of.ts";
import { dynamicAxes } from "./varying/dynamic-axes.ts";

/** Options of {@link toGraphModel}. */
export interface ToGraphModelOptions {
  /** Names of the inputs. Default: the model's. */
  readonly inputNames?: readonly string[];
  /** Names of the outputs. Default: the model's. */
  readonly outputNames?: readonly string[];
  /** Type in which float32 weights are stored; `float16` rounds each to 11 significant bits. Default `float32`. */
  readonly weightDtype?: "float32" | "float16";
  /** What programs can read back as `model.metadata`. Default: the model's `getUserDefinedMetadata()`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

const NAMES = check(
  "a list of different names of letters, digits, '_', '.', '-' and '/' that are no plain numbers",
  (it) => Array.isArray(it) && it.every(isName) && new Set(it).size === it.length,
);
/** Keys that `tf.loadGraphModel` takes as its own. */
const RESERVED = ["signature", "structuredOutputKeys"];
const METADATA = check(
  `an object without the keys ${RESERVED.join(" and ")}`,
  (it) => OBJECT.fits(it) && RESERVED.every((key) => !Object.hasOwn(it as object, key)),
);
/** Checks of {@link ToGraphModelOptions}. */
export const CHECKS: Checks<ToGraphModelOptions> = {
  inputNames: optional(NAMES),
  outputNames: optional(NAMES),
  weightDtype: optional(oneOf("float32", "float16")),
  metadata: optional(METADATA),
};

/**
 * Converts a tfjs layers model to a tfjs graph model, which `tf.loadGraphModel` runs with tfjs alone, whatever layers it has.
 *
 * The model's inference, in float32, for any batch and any size of axes that are `null` in its inputs. It is found by running the
 * model with tensors that have shapes and no values: a layer of any class is carried, as long as it computes with tfjs' operations.
 * What only depends on weights is computed once.
 *
 * @param model - Not changed, and not disposed.
 * @returns What `tf.io.fromMemory` takes and `tf.io` handlers save. Inputs and outputs have the model's shapes, types and order.
 * @throws Error that names the layer that cannot be carried, and why: it reads values in JavaScript, is random in inference, runs a
 * kernel that graph models do not have, or depends on the inputs' sizes in a way that a graph cannot tell. TypeError for an unknown
 * option. RangeError for one that does not fit, and for weights that float16 cannot hold.
 * @see https://www.tensorflow.org/js/guide/save_load
 *
 * @example
 * import { vit } from "deit-model";
 *
 * const student = vit({ imageSize: 16, patchSize: 8, dim: 12, depth: 1, heads: 3, classes: 5 });
 * const artifacts = await toGraphModel(student, { inputNames: ["pixel_values"], outputNames: ["logits"] });
 * console.log(artifacts.format); // graph-model
 */
export async function toGraphModel(
  model: tfl.LayersModel,
  options: ToGraphModelOptions = {},
): Promise<tf.io.ModelArtifacts> {
  requireOptions("toGraphModel", options, CHECKS);
  requireArguments("toGraphModel", { model }, { model: MODEL });
  const { inputNames = defaultNames(model.inputs, "input"), weightDtype = "float32" } = options;
  const { outputNames = defaultNames(model.outputs, "output", inputNames) } = options;
  requireNames("inputNames", inputNames, model.inputs.length);
  requireNames("outputNames", outputNames, model.outputs.length);
  const shared = outputNames.find((name) => inputNames.includes(name));
  if (shared !== undefined)
    throw new RangeError(`toGraphModel: inputs and outputs must have different names, got '${shared}' twice`);

  for (const { dtype, name } of model.inputs)
    if (!["float32", "int32", "bool"].includes(dtype))
      throw new RangeError(
        `toGraphModel: inputs must be of float32, int32 or bool, got ${dtype} of '${name}'`,
      );
  const { metadata = metadataOf(model) } = options;
  const axes = dynamicAxes(model);
  const program = await programOf(model, axes);
  const graph = await programGraph(program, model, axes, inputNames, outputNames);
  return artifactsOf(graph, weightDtype, metadata);
}

function isName(name: unknown): boolean {
  // Objects list keys that are plain numbers first, whatever their order.
  return STRING.fits(name) && NODE_NAME.test(name as string) && !/^\d+$/.test(name as string);
}

function requireNames(option: string, names: readonly string[], count: number): void {
  if (names.length !== count)
    throw new RangeError(`toGraphModel: ${option} must be ${count} names, got ${names.length}`);
}

/** Names of a model's layers, as a graph takes them, each once. */
function defaultNames(
  tensors: readonly tfl.SymbolicTensor[],
  kind: "input" | "output",
  taken: readonly string[] = [],
): string[] {
  const names: string[] = [];
  for (const { sourceLayer } of tensors) {
    const letters = sourceLayer.name.replace(/[^A-Za-z0-9_.\\/>-]/g, "_");
    const base = isName(letters) ? letters : `${kind}_${letters}`;
    let name = base;
    for (let i = 1; names.includes(name) || taken.includes(name); i++) name = `${base}_${i}`;
    names.push(name);
  }
  return names;
}

function metadataOf(model: tfl.LayersModel): Readonly<Record<string, unknown>> | undefined {
  const metadata = model.getUserDefinedMetadata() as Record<string, unknown> | undefined;
  if (metadata === undefined || METADATA.fits(metadata)) return metadata;
  throw new RangeError(
    `toGraphModel: the model's metadata must be ${METADATA.expected}; give another by the option`,
  );
}
