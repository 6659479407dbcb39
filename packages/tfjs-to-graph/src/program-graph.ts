import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { computeConstants, constantOps } from "./constants/constant-values.ts";
import { liveOps } from "./constants/live-ops.ts";
import type { Graph } from "./graph/artifacts.ts";
import { GraphBuilder } from "./graph/graph-builder.ts";
import type { Operand } from "./graph/operand.ts";
import { counted, filled, number, repeated } from "./kernels/creation.ts";
import { KernelCall } from "./kernels/kernel-call.ts";
import { KERNELS } from "./kernels/kernels.ts";
import { reshaped } from "./kernels/reshape.ts";
import { Refusal, refused } from "./refusal.ts";
import type { LayerPlace } from "./trace/traced.ts";
import type { DynamicAxis } from "./varying/dynamic-axes.ts";
import type { Op, Program } from "./varying/merge-traces.ts";
import { fixedShape, isVarying } from "./varying/size.ts";

/**
 * A program as the nodes and constants of a graph.
 *
 * @throws Refusal that names the layer of a call that no node can do.
 */
export async function programGraph(
  program: Program,
  model: tfl.LayersModel,
  axes: readonly DynamicAxis[],
  inputNames: readonly string[],
  outputNames: readonly string[],
): Promise<Graph> {
  const ops = liveOps(program, program.outputs);
  const constant = constantOps(program, ops);
  const computed = ops.filter((op) => !constant.has(op));
  const taken = [...program.outputs, ...computed.flatMap((op) => op.inputs.map(([, value]) => value))];
  const views = viewsOf(constant);
  const used = new Set(taken.map((value) => views.get(value) ?? value));
  const stored = await storedValues(program, used);
  const needed = liveOps({ ...program, ops: [...constant] }, used);
  for (const [value, values] of await computeConstants(program, needed, used)) stored.set(value, values);

  const to = new GraphBuilder(axes);
  for (const name of [...inputNames, ...outputNames]) to.names.reserve(name);
  const inputs = model.inputs.map(({ shape, dtype }, i) =>
    to.input(inputNames[i]!, dtype as tf.DataType, shape),
  );
  const refs = new Map<number, string>();
  const names = weightNames(program, model, constant);
  const refOf = (value: number): string => {
    const known = refs.get(value);
    if (known !== undefined) return known;
    const root = views.get(value);
    const ref =
      root === undefined
        ? explained(program.values[value]!.layer, "", () => added(program, value, inputs, stored, names, to))
        : reshaped(operand(root), program.values[value]!.shape, to);
    refs.set(value, ref);
    return ref;
  };
  const operand = (value: number): Operand => {
    const { shape, dtype } = program.values[value]!;
    return { shape, dtype, ref: refOf(value) };
  };
  for (const op of computed) addOp(program, op, operand, refs, to);
  const outputs = program.outputs.map((value, i) => {
    const { dtype, shape } = program.values[value]!;
    to.output(outputNames[i]!, refOf(value), dtype);
    return { name: outputNames[i]!, dtype, shape: shape.map((side) => (isVarying(side) ? null : side)) };
  });
  return {
    ...to.finished(outputNames),
    inputs: model.inputs.map(({ shape, dtype }, i) => ({
      ...{ name: inputNames[i]!, dtype: dtype as tf.DataType, shape },
    })),
    outputs,
  };
}

function addOp(
  { values }: Program,
  op: Op,
  operand: (value: number) => Operand,
  refs: Map<number, string>,
  to: GraphBuilder,
): void {
  const inputs = Object.fromEntries(op.inputs.map(([name, value]) => [name, operand(value)]));
  const outputs = op.outputs.map((value): Operand => ({ ...values[value]!, ref: "" }));
  const call = new KernelCall(op.kernel, inputs, outputs, op.attrs, op.layer);
  to.scope = op.layer.path;
  const made = explained(op.layer, `kernel ${op.kernel}: `, () => KERNELS.get(op.kernel)!.emit(call, to));
  to.scope = "";
  for (const [i, value] of op.outputs.entries()) refs.set(value, made[i]!);
}

/** Runs a function whose errors are the layer's. */
function explained<T>(layer: LayerPlace, prefix: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw refused(layer, `${prefix}${(error as Error).message}`, error);
  }
}

/** Adds a value that no kernel computes. */
function added(
  { values }: Program,
  value: number,
  inputs: readonly string[],
  stored: ReadonlyMap<number, tf.TypedArray>,
  names: ReadonlyMap<number, string>,
  to: GraphBuilder,
): string {
  const { from, shape, dtype, layer } = values[value]!;
  if (from.kind === "input") return inputs[from.index]!;
  if (from.kind === "refused") throw refused(layer, from.reason);
  if (from.kind === "filled") return filled(number(from.value, dtype, to), shape, dtype, to);
  if (from.kind === "counted") return counted(shape, from.axis, dtype, to);
  if (from.kind === "repeated") return repeated(from.values, from.axis, shape, dtype, to);
  const numbers = stored.get(value)!;
  const name = names.get(value);
  if (name !== undefined) return to.weight(numbers, fixedShape(shape)!, dtype, name);
  to.scope = layer.path;
  const ref = to.constant(numbers, fixedShape(shape)!, dtype);
  to.scope = "";
  return ref;
}

/** Constants that are others in another shape, and which. */
function viewsOf(constant: Iterable<Op>): Map<number, number> {
  const views = new Map<number, number>();
  for (const { kernel, inputs, outputs } of constant) {
    if (!["Reshape", "ExpandDims", "Identity"].includes(kernel)) continue;
    const [, of] = inputs[0]!;
    views.set(outputs[0]!, views.get(of) ?? of);
  }
  return views;
}

/** Numbers of the tensors that layers hold, and of those that they make. */
async function storedValues(
  { values }: Program,
  used: ReadonlySet<number>,
): Promise<Map<number, tf.TypedArray>> {
  const found = new Map<number, tf.TypedArray>();
  for (const value of used) {
    const { from, layer } = values[value]!;
    if (from.kind === "made") found.set(value, from.values);
    if (from.kind !== "held") continue;
    if (from.tensor.isDisposed) throw refused(layer, "it disposes a tensor that was there before its call");
    found.set(value, (await from.tensor.data()).slice() as tf.TypedArray);
  }
  return found;
}

/** Names of the weights, and of what is computed from one weight alone, by their values' numbers. */
function weightNames(program: Program, model: tfl.LayersModel, constant: Iterable<Op>): Map<number, string> {
  const byData = new Map(model.weights.map((weight) => [weight.read().dataId, weight.originalName]));
  const names = new Map<number, string>();
  for (const [i, { from }] of program.values.entries()) {
    const name = from.kind === "held" ? byData.get(from.tensor.dataId) : undefined;
    if (name !== undefined) names.set(i, name);
  }
  for (const { inputs, outputs } of constant) {
    const of = new Set(inputs.flatMap(([, value]) => names.get(value) ?? []));
    if (of.size === 1) for (const value of outputs) names.set(value, [...of][0]!);
  }
  return names;
}
