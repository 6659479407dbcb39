import * as tf from "@tensorflow/tfjs-core";
import { type Kernel, replaceKernel } from "kernel-contract";
import type { Context } from "../../context.ts";

/**
 * `tf.einsum` of one or two operands as a matrix product between transposes: absent from tfjs' WASM backend, and without
 * a gradient on any (tfjs issues 5690, 7722, 8277). As on tfjs' other backends an operand repeats no index.
 */
export const einsum: Kernel<Context> = replaceKernel(
  "Einsum",
  (_, inputs, { equation }) => {
    const tensors = inputs as tf.Tensor[]; // tf.einsum hands tensors on
    const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, tensors.length);
    tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors);
    const { operands, result } = parse(equation);
    return tf.tidy(() => contract(tensors, operands, result));
  },
  {
    kernelName: "Einsum",
    saveAllInputs: true,
    gradFunc: (dy, saved, attrs) => {
      const { operands, result } = parse(attrs.equation as string);
      const gradients = saved.map((x, i) => () => {
        const other = saved[1 - i];
        return gradient(dy as tf.Tensor, x, result, operands[i]!, other, operands[1 - i]);
      });
      return Object.fromEntries(gradients.entries());
    },
  },
);

/** Indices, one letter each. */
type Labels = readonly string[];

function parse(equation: string): { operands: Labels[]; result: Labels } {
  const [left, right] = equation.replace(/\s/g, "").split("->") as [string, string];
  return { operands: left.split(",").map((term) => [...term]), result: [...right] };
}

function contract(tensors: tf.Tensor[], operands: Labels[], result: Labels): tf.Tensor {
  if (new Set(result).size < result.length) {
    throw new Error(`Einsum: expected the result to repeat no index, got '${result.join("")}'`);
  }
  const [a, b] = tensors.map((x, i) => {
    const elsewhere = [...result, ...(operands[1 - i] ?? [])];
    return sumAlone(x, operands[i]!, elsewhere);
  }) as [Operand, Operand | undefined];
  if (b === undefined) return reorder(a, result);

  const batch = a.labels.filter((label) => b.labels.includes(label) && result.includes(label));
  const summed = a.labels.filter((label) => b.labels.includes(label) && !result.includes(label));
  const rows = a.labels.filter((label) => !b.labels.includes(label));
  const columns = b.labels.filter((label) => !a.labels.includes(label));
  const left = asMatrices(a, batch, rows, summed);
  const right = asMatrices(b, batch, summed, columns);
  const sizes = new Map([...sizesOf(a), ...sizesOf(b)]);
  const labels = [...batch, ...rows, ...columns];
  const shape = labels.map((label) => sizes.get(label)!);
  return reorder({ x: tf.reshape(tf.matMul(left, right), shape), labels }, result);
}

/** dx of `contract`: the result's gradient with the other operand, repeated along the indices that only `x` has. */
function gradient(
  dy: tf.Tensor,
  x: tf.Tensor,
  result: Labels,
  labels: Labels,
  other: tf.Tensor | undefined,
  otherLabels: Labels = [],
): tf.Tensor {
  return tf.tidy(() => {
    const known = labels.filter((label) => result.includes(label) || otherLabels.includes(label));
    const left = [result, ...(other ? [otherLabels] : [])].map((term) => term.join("")).join(",");
    const dKnown = tf.einsum(`${left}->${known.join("")}`, ...(other ? [dy, other] : [dy]));
    const isKnown = labels.map((label) => known.includes(label));
    const shape = x.shape.map((size, axis) => (isKnown[axis] ? size : 1));
    const repeats = x.shape.map((size, axis) => (isKnown[axis] ? 1 : size));
    return tf.tile(tf.reshape(dKnown, shape), repeats);
  });
}

interface Operand {
  readonly x: tf.Tensor;
  readonly labels: Labels;
}

/** Sums over the indices that nothing else has. */
function sumAlone(x: tf.Tensor, labels: Labels, elsewhere: Labels): Operand {
  const axes = labels.flatMap((label, axis) => (elsewhere.includes(label) ? [] : [axis]));
  const kept = labels.filter((label) => elsewhere.includes(label));
  return { x: axes.length === 0 ? x : tf.sum(x, axes), labels: kept };
}

/** The operand with its axes in the order of `labels`. */
function reorder({ x, labels: from }: Operand, labels: Labels): tf.Tensor {
  return tf.transpose(
    x,
    labels.map((label) => from.indexOf(label)),
  );
}

function asMatrices(operand: Operand, batch: Labels, rows: Labels, columns: Labels): tf.Tensor3D {
  const sizes = sizesOf(operand);
  const size = (labels: Labels) => labels.reduce((product, label) => product * sizes.get(label)!, 1);
  const ordered = reorder(operand, [...batch, ...rows, ...columns]);
  return tf.reshape(ordered, [size(batch), size(rows), size(columns)]);
}

function sizesOf({ x, labels }: Operand): Map<string, number> {
  return new Map(labels.map((label, axis) => [label, x.shape[axis]!]));
}
