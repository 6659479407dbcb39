import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, oneOf, optional, requireOptions } from "known-options";
import type { NamedTensors } from "named-weights";
import { notFinite, quoted } from "safetensors-io";
import { type Naming, namingOf, timmKey, type WeightNames } from "./weight-names.ts";

/** Options of {@link loadWeights}. */
export interface LoadWeightsOptions {
  /** `"keep"`: the model keeps its own head, or none, whatever classes the file has. Default `"load"`. */
  readonly head?: "load" | "keep";
}

/** Checks of {@link LoadWeightsOptions}. */
export const LOAD_CHECKS: Checks<LoadWeightsOptions> = { head: optional(oneOf("load", "keep")) };

/** What {@link loadWeights} did; weights of the model by timm's keys, tensors of the file by their own names. */
export interface WeightsReport {
  readonly names: WeightNames;
  /** Weights that came from the file. */
  readonly used: readonly string[];
  /** Weights that are as they were. */
  readonly kept: readonly string[];
  /** Tensors of the file that were not used, such as an optimizer's. */
  readonly skipped: readonly string[];
}

interface Load {
  readonly key: string;
  readonly name: string;
  readonly variable: tfl.LayerVariable;
  readonly permuted: boolean;
}

const HEAD = /^head\./;
const LISTED = 3;

/**
 * Loads published or saved weights into a model of `bit`, all or nothing: a file that does not fit, or is damaged,
 * changes nothing.
 *
 * Knows timm's names and layout, and those of Google's BiT with any prefix, as in its .npz files and in SavedModels. Names
 * and shapes are compared with the model before any number is read.
 *
 * @param file - From `openNpz`, `openSavedModelZip`, `openTensorBundle`, or `openSafetensors` of `safetensors-io`.
 * @returns What was used, kept and skipped.
 * @throws RangeError that names the first tensors that do not fit (expected and found shape, as the file has them), are
 * missing, have no place in the model, or hold NaN or infinities; or what is wrong with the file.
 *
 * @example
 * const model = bit({ ...bitSizes.r50x1, classes: 5 });
 * await loadWeights(model, await openNpz(blobSource(blob)), { head: "keep" });
 */
export async function loadWeights(
  model: tfl.LayersModel,
  file: NamedTensors,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport> {
  const { head = "load" } = requireOptions("loadWeights", options, LOAD_CHECKS);
  if (!Array.isArray(model?.weights) || typeof file?.read !== "function") {
    throw new TypeError("loadWeights: expected a model of bit and an open weights file, such as of openNpz");
  }
  const { naming, loads, kept, skipped } = plan(model, file, head);
  const byName = new Map(loads.map((load) => [load.name, load]));
  const values = new Map<Load, Float32Array>();
  try {
    for (const name of file.tensors.keys()) {
      const load = byName.get(name);
      if (load === undefined) continue;
      const numbers = await file.read(name);
      const wrong = notFinite(numbers);
      if (wrong !== undefined) {
        throw new RangeError(
          `loadWeights: ${file.name}: nothing was loaded: tensor ${quoted(name)} has ${wrong}`,
        );
      }
      values.set(load, numbers instanceof Float32Array ? numbers : Float32Array.from(numbers));
    }
  } finally {
    await file.close?.();
  }
  for (const load of loads) write(load, values.get(load)!);
  return { names: naming.names, used: loads.map(({ key }) => key), kept, skipped };
}

/** @throws RangeError unless every weight finds its tensor, and every tensor of the network its weight. */
function plan(model: tfl.LayersModel, file: NamedTensors, head: "load" | "keep") {
  const refuse = (problem: string) =>
    new RangeError(`loadWeights: ${file.name} is not for this model, nothing was loaded: ${problem}`);
  let naming: Naming;
  try {
    naming = namingOf(file.tensors);
  } catch (cause) {
    throw refuse((cause as Error).message);
  }
  const loads: Load[] = [];
  const kept: string[] = [];
  const problems: string[] = [];
  let ofHead = 0;
  for (const variable of model.weights) {
    const key = timmKey(variable.originalName);
    if (head === "keep" && HEAD.test(key)) {
      kept.push(key);
      continue;
    }
    const name = naming.of(key);
    if (name === undefined) {
      problems.push(`${key} is missing`);
      if (HEAD.test(key)) ofHead++;
      continue;
    }
    const { shape } = file.tensors.get(name)!;
    const permuted = naming.names === "timm" && variable.shape.length > 1;
    const found = squeezed(permuted ? toTensorFlow(shape) : shape);
    const expected = squeezed(variable.shape as number[]);
    if (found.join() !== expected.join()) {
      const inFile = asInFile(variable.shape as number[], shape.length, permuted);
      problems.push(`${name} must be [${inFile}] (${key}), got [${shape}]`);
      if (HEAD.test(key)) ofHead++;
    } else loads.push({ key, name, variable, permuted });
  }
  const used = new Set(loads.map(({ name }) => name));
  const skipped = [...file.tensors.keys()].filter((name) => !used.has(name));
  if (problems.length === 0) {
    for (const name of skipped) {
      const isHead = naming.of("head.fc.weight") === name || naming.of("head.fc.bias") === name;
      if (isHead ? head === "keep" : !naming.isOfNetwork(name)) continue;
      problems.push(`${name} has no place`);
      if (isHead) ofHead++;
    }
  }
  if (problems.length > 0) {
    const more = problems.length > LISTED ? `; and ${problems.length - LISTED} more` : "";
    const hint = ofHead === problems.length ? `; head: "keep" leaves the file's head out` : "";
    throw refuse(problems.slice(0, LISTED).join("; ") + more + hint);
  }
  return { naming, loads, kept, skipped };
}

/** A head is a 1×1 convolution in BiT's and timm's files and a matrix here and in Keras. */
function squeezed(shape: readonly number[]): readonly number[] {
  return shape.length === 4 && shape[0] === 1 && shape[1] === 1 ? shape.slice(2) : shape;
}

/** A weight's shape in the file's layout, with as many axes as the file's tensor. */
function asInFile(shape: readonly number[], rank: number, permuted: boolean): readonly number[] {
  const whole = shape.length === 2 && rank === 4 ? [1, 1, ...shape] : shape;
  if (!permuted) return whole;
  const [inputs = 0, outputs = 0] = whole.slice(-2);
  return [outputs, inputs, ...whole.slice(0, -2)];
}

/** From `[out, in, height, width]` or `[out, in]`. */
function toTensorFlow(shape: readonly number[]): readonly number[] {
  const [outputs = 0, inputs = 0, ...kernel] = shape;
  return [...kernel, inputs, outputs];
}

function write({ variable, permuted }: Load, values: Float32Array): void {
  const shape = variable.shape as number[];
  tf.tidy(() => {
    if (!permuted) {
      variable.write(tf.tensor(values, shape));
      return;
    }
    const outputs = shape.at(-1)!;
    const inputs = shape.at(-2)!;
    const kernel = shape.slice(0, -2);
    const axes = kernel.length === 0 ? [1, 0] : [2, 3, 1, 0];
    variable.write(tf.transpose(tf.tensor(values, [outputs, inputs, ...kernel]), axes));
  });
}
