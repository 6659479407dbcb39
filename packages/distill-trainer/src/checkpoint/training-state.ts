import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { StepOptions } from "../step.ts";
import { requireSameShape, variablesOf } from "../variables.ts";
import type { HostTensor } from "./tensor-file.ts";

/** A model and all that changes with it. */
export interface Training {
  readonly model: tfl.LayersModel;
  readonly step: StepOptions;
}

/** A training's tensors: `model/<index>/<name>`, `optimizer/…`, `average/…`. */
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
    ...(step.average?.weights ?? []).map((tensor, i) => ({ name: `average/${names[i]}`, tensor })),
  ];
  const tensors: HostTensor[] = [];
  for (const { name, tensor } of all) {
    const data = (await tensor.data()) as Float32Array | Int32Array;
    requireFiniteNumbers(name, data);
    tensors.push({ name, shape: tensor.shape, data });
  }
  slots[0]?.tensor.dispose(); // the step count, which an optimizer makes anew for each caller
  return tensors;
}

/**
 * Gives a training the tensors that {@link captureTensors} took from one like it. Weights are told apart by their place in
 * the model, not by their name, which tfjs numbers through a process.
 *
 * @throws RangeError if they do not fit, before anything is changed.
 */
export async function restoreTensors(
  { model, step }: Training,
  stored: readonly HostTensor[],
  averageUpdates: number,
): Promise<void> {
  const variables = variablesOf(model);
  const made = stored.map(({ name, shape, data }) => ({
    name,
    tensor: tf.tensor(data, [...shape], data instanceof Float32Array ? "float32" : "int32"),
  }));
  const under = (prefix: string) =>
    made
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, tensor }) => ({ name: name.slice(prefix.length), tensor }));
  try {
    const weights = under("model/").map(({ tensor }) => tensor);
    const averages = under("average/").map(({ tensor }) => tensor);
    requireSameShape("checkpoint", variables, weights);
    const slots = under("optimizer/").map(({ name, tensor }) => ({
      name: toVariable(name, variables),
      tensor,
    }));
    await step.optimizer.setWeights(slots); // refuses what it does not know, before the weights change
    if (averages.length > 0) step.average?.restore(averages, averageUpdates);
    else step.average?.restore(weights, 0);
    variables.forEach((variable, i) => {
      variable.assign(weights[i]!);
    });
  } finally {
    tf.dispose(made.map(({ tensor }) => tensor));
  }
}

/** `dense/kernel_1/m` → `0003/dense/kernel/m`, so that another process finds the variable; other names stay. */
function toStored(name: string, indexOf: Map<string, number>, names: readonly string[]): string {
  const cut = name.lastIndexOf("/");
  const index = indexOf.get(name.slice(0, cut));
  return index === undefined ? name : `${names[index]}${name.slice(cut)}`;
}

function toVariable(name: string, variables: readonly tf.Variable[]): string {
  const index = /^(\d{4,})\//.exec(name)?.[1];
  if (index === undefined) return name;
  const variable = variables[Number(index)];
  if (variable === undefined) {
    throw new RangeError(`checkpoint: '${name.slice(0, 60)}' must be of one of ${variables.length} weights`);
  }
  return `${variable.name}${name.slice(name.lastIndexOf("/"))}`;
}

/** A checkpoint that holds NaN is worth less than the one before it. */
function requireFiniteNumbers(name: string, data: Float32Array | Int32Array): void {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * 0;
  if (sum !== 0)
    throw new Error(`fitDataset: a checkpoint must hold finite numbers, got others in '${name}'`);
}
