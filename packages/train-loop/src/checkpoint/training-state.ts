import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { firstNonFinite } from "known-options";
import { variablesOf } from "tfjs-optim";
import type { StepOptions } from "../step/take-step.ts";
import { placeOf, requireStoredOptimizer, requireStoredWeights } from "./require-stored.ts";
import type { HostTensor } from "./tensor-file.ts";

/** A model, its optimizer and its average. */
export interface Training {
  readonly model: tfl.LayersModel;
  /** Variables that the task trains beside the model's. Default: none. */
  readonly own?: readonly tf.Variable[];
  readonly step: StepOptions;
}

/**
 * Makes sure that an optimizer's state can be read, before anything is trained.
 *
 * @throws TypeError if it cannot, as that of tfjs' Adamax.
 */
export async function requireReadableState({ optimizer }: StepOptions): Promise<void> {
  try {
    const [count] = await optimizer.getWeights();
    count?.tensor.dispose(); // a new tensor for each caller
  } catch (cause) {
    throw new TypeError(
      `fit: checkpoints and several ranks need an optimizer whose state can be read, got ${optimizer.getClassName()}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Reads a training's tensors: `model/<index>/<name>`, `task/<index>/<name>`, `optimizer/…`, `average/…`. */
export async function captureTensors({ model, own = [], step }: Training): Promise<HostTensor[]> {
  const variables = variablesOf(model);
  const names = storedNames({ model, own }); // the optimizer's indices
  const indexOf = new Map([...variables, ...own].map(({ name }, i) => [name, i]));
  const slots = (await step.optimizer.getWeights()).map(({ name, tensor }) => ({
    name: `optimizer/${toStored(name, indexOf, names)}`,
    tensor,
  }));
  const { trained, average } = weightsOf({ model, own, step });
  const tensors: HostTensor[] = [];
  for (const { name, tensor } of [...trained, ...slots, ...average]) {
    const data = (await tensor.data()) as Float32Array | Int32Array;
    const bad = firstNonFinite(data); // NaN must not replace a good checkpoint
    if (bad >= 0) {
      throw new Error(`fit: a checkpoint must hold finite numbers, got ${data[bad]} in '${name}'`);
    }
    tensors.push({ name, shape: tensor.shape, data });
  }
  slots[0]?.tensor.dispose(); // the step count, a new tensor for each caller
  return tensors;
}

/** Copies of a training's weights and averages: {@link captureTensors} without the optimizer. */
export async function captureWeights(training: Training): Promise<HostTensor[]> {
  const { trained, average } = weightsOf(training);
  const tensors: HostTensor[] = [];
  for (const { name, tensor } of [...trained, ...average]) {
    const data = (await tensor.data()) as Float32Array;
    tensors.push({ name, shape: tensor.shape, data: data.slice() }); // tfjs' cpu backend gives its own array
  }
  return tensors;
}

/** Names of variables in checkpoints, without what they are of: the model's, then those beside it. */
function storedNames({ model, own = [] }: Omit<Training, "step">): string[] {
  const stable = model.weights.map(({ originalName }) => originalName);
  return [...stable, ...own.map(besideName)].map(placed);
}

/** A variable's name without tfjs' number. */
const besideName = ({ name }: tf.Variable): string => name.replace(/_\d+$/, "");

function weightsOf({ model, own = [], step }: Training) {
  const names = storedNames({ model, own });
  const trained = [
    ...variablesOf(model).map((tensor, i) => ({ name: `model/${names[i]}`, tensor: tensor as tf.Tensor })),
    ...own.map((one, i) => ({ name: `task/${placed(besideName(one), i)}`, tensor: one as tf.Tensor })),
  ];
  const average = (step.ema?.weights ?? []).map((tensor, i) => ({ name: `average/${names[i]}`, tensor }));
  return { trained, average };
}

function placed(name: string, index: number): string {
  return `${String(index).padStart(4, "0")}/${name}`;
}

const PREFIXES = ["model/", "task/", "optimizer/", "average/"] as const;

/**
 * Restores the tensors of {@link captureTensors} into a training of equal shape. Weights are matched by index, because tfjs
 * numbers their names through the process.
 *
 * @throws RangeError if they do not fit or are not finite; nothing has changed then.
 */
export async function restoreTensors(
  training: Training,
  stored: readonly HostTensor[],
  averageUpdates: number,
): Promise<void> {
  const { model, own = [], step } = training;
  const other = stored.find(({ name }) => !PREFIXES.some((prefix) => name.startsWith(prefix)));
  if (other !== undefined) {
    throw new RangeError(
      `checkpoint: names must begin with ${PREFIXES.join(", ")}, got '${other.name.slice(0, 60)}'`,
    );
  }
  requireWeights(training, stored);
  const slots = under("optimizer/", stored);
  const trained = [...variablesOf(model), ...own];
  requireStoredOptimizer("checkpoint", trained, slots);
  const made = slots.map((slot) => ({ name: toVariable(slot.name, trained), tensor: toTensor(slot) }));
  try {
    await step.optimizer.setWeights(made); // first, as it may reject its state
  } finally {
    tf.dispose(made.map(({ tensor }) => tensor));
  }
  assignWeights(training, stored, averageUpdates);
}

/**
 * Restores the tensors of {@link captureWeights}; others are ignored.
 *
 * @throws RangeError if they do not fit or are not finite; nothing has changed then.
 */
export function restoreWeights(
  training: Training,
  stored: readonly HostTensor[],
  averageUpdates: number,
): void {
  requireWeights(training, stored);
  assignWeights(training, stored, averageUpdates);
}

/** Tensors under a prefix, without it. */
function under(prefix: (typeof PREFIXES)[number], stored: readonly HostTensor[]): HostTensor[] {
  return stored
    .filter(({ name }) => name.startsWith(prefix))
    .map((one) => ({ ...one, name: one.name.slice(prefix.length) }));
}

function requireWeights({ model, own = [] }: Training, stored: readonly HostTensor[]): void {
  const variables = variablesOf(model);
  const averages = under("average/", stored);
  requireStoredWeights("checkpoint", variables, under("model/", stored));
  requireStoredWeights("checkpoint: task", own, under("task/", stored));
  if (averages.length > 0) requireStoredWeights("checkpoint: average", variables, averages);
}

function assignWeights(
  { model, own = [], step }: Training,
  stored: readonly HostTensor[],
  averageUpdates: number,
): void {
  tf.tidy(() => {
    const restored = under("model/", stored).map(toTensor);
    const averages = under("average/", stored);
    if (averages.length > 0) step.ema?.restore(averages.map(toTensor), averageUpdates);
    else step.ema?.restore(restored, 0);
    const all = [...restored, ...under("task/", stored).map(toTensor)];
    [...variablesOf(model), ...own].forEach((variable, i) => {
      variable.assign(all[i]!);
    });
  });
}

function toTensor({ shape, data }: HostTensor): tf.Tensor {
  return tf.tensor(data, [...shape], data instanceof Float32Array ? "float32" : "int32");
}

/** Stored name of an optimizer's tensor: `dense/kernel_1/m` → `0003/dense/kernel/m`; names without a variable stay. */
function toStored(name: string, indexOf: Map<string, number>, names: readonly string[]): string {
  const cut = name.lastIndexOf("/");
  const index = indexOf.get(name.slice(0, cut));
  return index === undefined ? name : `${names[index]}${name.slice(cut)}`;
}

function toVariable(name: string, variables: readonly tf.Variable[]): string {
  const place = placeOf(name);
  return place === undefined ? name : `${variables[place]!.name}${name.slice(name.lastIndexOf("/"))}`;
}
