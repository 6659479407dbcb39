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
  readonly step: StepOptions;
}

/** Reads a training's tensors: `model/<index>/<name>`, `optimizer/…`, `average/…`. */
export async function captureTensors({ model, step }: Training): Promise<HostTensor[]> {
  const variables = variablesOf(model);
  const names = model.weights.map(({ originalName }, i) => `${String(i).padStart(4, "0")}/${originalName}`);
  const indexOf = new Map(variables.map(({ name }, i) => [name, i]));
  const slots = (await step.optimizer.getWeights()).map(({ name, tensor }) => ({
    name: `optimizer/${toStored(name, indexOf, names)}`,
    tensor,
  }));
  const all = [
    ...variables.map((tensor, i) => ({ name: `model/${names[i]}`, tensor: tensor as tf.Tensor })),
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

const PREFIXES = ["model/", "optimizer/", "average/"] as const;

/**
 * Restores the tensors of {@link captureTensors} into a training of equal shape. Weights are matched by index, because tfjs
 * numbers their names through the process.
 *
 * @throws RangeError if they do not fit or are not finite; nothing has changed then.
 */
export async function restoreTensors(
  { model, step }: Training,
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
  const [weights, slots, averages] = [under("model/"), under("optimizer/"), under("average/")];
  requireStoredWeights("checkpoint", variables, weights);
  if (averages.length > 0) requireStoredWeights("checkpoint: average", variables, averages);
  requireStoredOptimizer("checkpoint", variables, slots);

  const made: tf.Tensor[] = [];
  const make = ({ shape, data }: HostTensor): tf.Tensor => {
    const tensor = tf.tensor(data, [...shape], data instanceof Float32Array ? "float32" : "int32");
    made.push(tensor);
    return tensor;
  };
  try {
    // First the optimizer, which may reject its state.
    await step.optimizer.setWeights(
      slots.map((slot) => ({ name: toVariable(slot.name, variables), tensor: make(slot) })),
    );
    const restored = weights.map(make);
    if (averages.length > 0) step.ema?.restore(averages.map(make), averageUpdates);
    else step.ema?.restore(restored, 0);
    variables.forEach((variable, i) => {
      variable.assign(restored[i]!);
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
