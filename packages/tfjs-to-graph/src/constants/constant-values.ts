import * as tf from "@tensorflow/tfjs-core";
import type { Op, Program, Value } from "../varying/merge-traces.ts";
import { fixedShape, isVarying, type Size } from "../varying/size.ts";

/** Kernels without inputs whose result may be large: it is cheaper made than stored. */
const LARGE = 1024;

/**
 * Values that do not depend on the inputs, though kernels compute them: standardized weights, for instance.
 *
 * What grows on the way, as by repetition, is left to the graph.
 */
export function constantOps(program: Program, ops: readonly Op[]): Set<Op> {
  const isConstant = new Set<number>();
  for (const [i, { from, shape }] of program.values.entries())
    if (isStored(from.kind) || (from.kind === "filled" && !isVarying(from.value) && fixedShape(shape)))
      isConstant.add(i);
  const constant = new Set<Op>();
  for (const op of ops) {
    const inputs = op.inputs.map(([, value]) => value);
    const isFixed = op.outputs.every((value) => fixedShape(program.values[value]!.shape) !== undefined);
    if (!inputs.every((value) => isConstant.has(value)) || !isFixed || varies(op.attrs)) continue;
    const limit = Math.max(LARGE, sum(program, inputs));
    if (sum(program, op.outputs) > limit || tf.getKernel(op.kernel, tf.getBackend()) == null) continue;
    constant.add(op);
    for (const value of op.outputs) isConstant.add(value);
  }
  return constant;
}

const isStored = (kind: Value["from"]["kind"]): boolean => kind === "held" || kind === "made";

function sum({ values }: Program, numbers: readonly number[]): number {
  return numbers.reduce(
    (total, value) => total + tf.util.sizeFromShape(fixedShape(values[value]!.shape) ?? []),
    0,
  );
}

function varies(attr: unknown): boolean {
  if (isVarying(attr)) return true;
  return typeof attr === "object" && attr !== null && Object.values(attr).some(varies);
}

/**
 * Runs calls on the current backend.
 *
 * @param ops - In order; what they take is stored, or made by them.
 * @param wanted - Numbers of the values to return.
 * @returns Values by number. No tensor is left.
 */
export async function computeConstants(
  { values }: Program,
  ops: Iterable<Op>,
  wanted: ReadonlySet<number>,
): Promise<Map<number, tf.TypedArray>> {
  const results = new Map<number, tf.Tensor>();
  tf.tidy(() => {
    const made = new Map<number, tf.Tensor>();
    const tensorOf = (value: number): tf.Tensor => {
      const known = made.get(value) ?? stored(values[value]!);
      made.set(value, known);
      return known;
    };
    for (const op of ops) {
      const inputs = op.inputs.map(([name, value]) => [name, tensorOf(value)] as const);
      const isList = inputs.length > 0 && inputs.every(([name], i) => name === String(i));
      const given = isList ? inputs.map(([, tensor]) => tensor) : Object.fromEntries(inputs);
      const outputs = tf
        .engine()
        .runKernel(op.kernel, given as tf.NamedTensorMap, op.attrs as tf.NamedAttrMap) as
        | tf.Tensor
        | tf.Tensor[];
      for (const [i, tensor] of [outputs].flat().entries()) {
        made.set(op.outputs[i]!, tensor);
        if (wanted.has(op.outputs[i]!)) results.set(op.outputs[i]!, tf.keep(tensor));
      }
    }
  });
  const found = new Map<number, tf.TypedArray>();
  try {
    for (const [value, tensor] of results) found.set(value, (await tensor.data()).slice() as tf.TypedArray);
  } finally {
    for (const tensor of results.values()) tensor.dispose();
  }
  return found;
}

function stored({ from, shape, dtype }: Value): tf.Tensor {
  if (from.kind === "held") return from.tensor;
  const sides = shape as readonly Size[] as number[];
  if (from.kind === "made") return tf.tensor(from.values, sides, dtype);
  if (from.kind === "filled") return tf.fill(sides, from.value as number, dtype);
  throw new Error("a value that is computed from the inputs is no constant");
}
