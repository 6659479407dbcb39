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

/** Reads a training's tensors: `model/<index>/<name>`, `task/<index>/<name>`, `optimizer/…`, `average/…`. */
export async function captureTensors({ model, own = [], step }: Training): Promise<HostTensor[]> {
  const variables = variablesOf(model);
  const stable = model.weights.map(({ originalName }) => originalName);
  const beside = own.map(({ name }) => name.replace(/_\d+$/, "")); // tfjs' number
  const names = [...stable, ...beside].map(placed); // the optimizer's indices
  const indexOf = new Map([...variables, ...own].map(({ name }, i) => [name, i]));
  const slots = (await step.optimizer.getWeights()).map(({ name, tensor }) => ({
    name: `optimizer/${toStored(name, indexOf, names)}`,
    tensor,
  }));
  const all = [
    ...variables.map((tensor, i) => ({ name: `model/${names[i]}`, tensor: tensor as tf.Tensor })),
    ...own.map((tensor, i) => ({ name: `task/${placed(beside[i]!, i)}`, tensor: tensor as tf.Tensor })),
    ...slots,
    ...(step.ema?.weights ?? []).map((tensor, i) => ({ name: `average/${names[i]}`, tensor })),
  ];
  const tensors: HostTensor[] = [];
  for (const { name, tensor } of all) {
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
  { model, own = [], step }: Training,
  stored: readonly HostTensor[],
  averageUpdates: number,
): Promise<void> {
  const variables = variablesOf(model);
  const other = stored.find(({ name }) => !PREFIXES.some((prefix) => name.startsWith(prefix)));
  if (other !== undefined) {
    throw new RangeError(
      `checkpoint: names must begin with ${PREFIXES.join(", ")}, got '${other.name.slice(0, 60)}'`,
    );
  }
  const under = (prefix: (typeof PREFIXES)[number]): HostTensor[] =>
    stored
      .filter(({ name }) => name.startsWith(prefix))
      .map((one) => ({ ...one, name: one.name.slice(prefix.length) }));
  const [weights, beside] = [under("model/"), under("task/")];
  const [slots, averages] = [under("optimizer/"), under("average/")];
  requireStoredWeights("checkpoint", variables, weights);
  requireStoredWeights("checkpoint: task", own, beside);
  if (averages.length > 0) requireStoredWeights("checkpoint: average", variables, averages);
  const trained = [...variables, ...own];
  requireStoredOptimizer("checkpoint", trained, slots);

  const made: tf.Tensor[] = [];
  const make = ({ shape, data }: HostTensor): tf.Tensor => {
    const tensor = tf.tensor(data, [...shape], data instanceof Float32Array ? "float32" : "int32");
    made.push(tensor);
    return tensor;
  };
  try {
    // First the optimizer, which may reject its state.
    await step.optimizer.setWeights(
      slots.map((slot) => ({ name: toVariable(slot.name, trained), tensor: make(slot) })),
    );
    const restored = weights.map(make);
    if (averages.length > 0) step.ema?.restore(averages.map(make), averageUpdates);
    else step.ema?.restore(restored, 0);
    const all = [...restored, ...beside.map(make)];
    trained.forEach((variable, i) => {
      variable.assign(all[i]!);
    });
  } finally {
    tf.dispose(made);
  }
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
