import * as tf from "@tensorflow/tfjs-core";
import { noise, outputsOfSync } from "test-kit";

/** The outputs of one call of every kernel that is not an operation of tfjs, gradients too. */
export function outputsOfFusedKernels(): Float32Array[] {
  const random = (seed: number, ...shape: number[]) =>
    tf.tensor(noise(tf.util.sizeFromShape(shape), seed), shape);
  const positive = (seed: number, ...shape: number[]) => tf.tidy(() => tf.abs(random(seed, ...shape)));
  const from = (values: Float32Array, ...shape: number[]) => tf.tensor(values, shape);
  const affine = (dim: number) => ({ gamma: random(2, dim), beta: random(3, dim) });

  const rows = outputsOfSync("LayerNorm", { x: random(1, 5, 11), ...affine(11) }, { epsilon: 1e-2 });
  const rowsGrad = outputsOfSync("LayerNormGrad", {
    ...{ x: random(1, 5, 11), gamma: random(2, 11), dy: random(4, 5, 11) },
    ...{ mean: from(rows[1]!, 5), rstd: from(rows[2]!, 5) },
  });
  const groups = outputsOfSync(
    "GroupNorm",
    { x: random(1, 2, 3, 3, 6), ...affine(6) },
    { groups: 2, epsilon: 1e-2 },
  );
  const groupsGrad = outputsOfSync(
    "GroupNormGrad",
    {
      ...{ x: random(1, 2, 3, 3, 6), gamma: random(2, 6), dy: random(4, 2, 3, 3, 6) },
      ...{ mean: from(groups[1]!, 2, 2), rstd: from(groups[2]!, 2, 2) },
    },
    { groups: 2 },
  );
  const weights = outputsOfSync("WeightStandardize", { w: random(1, 13, 7) }, { epsilon: 1e-2 });
  const weightsGrad = outputsOfSync("WeightStandardizeGrad", {
    ...{ w: random(1, 13, 7), dy: random(4, 13, 7) },
    ...{ mean: from(weights[1]!, 7), rstd: from(weights[2]!, 7) },
  });
  const heads = { heads: 2, scale: 0.6, queries: 9 };
  const attention = outputsOfSync("Attention", { qkv: random(1, 2, 11, 30) }, heads);
  const attentionGrad = outputsOfSync(
    "AttentionGrad",
    {
      ...{ qkv: random(1, 2, 11, 30), dy: random(4, 2, 9, 10) },
      ...{ out: from(attention[0]!, 2, 9, 10), logSumExp: from(attention[1]!, 2, 2, 9) },
    },
    heads,
  );
  const batch = () => ({ targets: positive(1, 3, 13), logits: random(2, 3, 13) });
  return [
    ...[rows, rowsGrad, groups, groupsGrad, weights, weightsGrad, attention, attentionGrad].flat(),
    ...outputsOfSync("Gelu", { x: random(1, 19) }),
    ...outputsOfSync("GeluGrad", { x: random(1, 19), dy: random(4, 19) }),
    ...outputsOfSync("SoftmaxCrossEntropy", batch()),
    ...outputsOfSync("SoftmaxCrossEntropyGrad", { ...batch(), dy: random(4, 3) }),
    ...outputsOfSync("Linear", { x: random(1, 2, 5, 11), kernel: random(2, 11, 7), bias: random(3, 7) }),
    ...outputsOfSync("LinearGrad", {
      x: random(1, 2, 5, 11),
      kernel: random(2, 11, 7),
      dy: random(4, 2, 5, 7),
    }),
    ...outputsOfSync("Slice", { x: random(1, 3, 5, 4) }, { begin: [1, 1, 0], size: [2, 3, 4] }),
    ...outputsOfBranches(random),
    ...outputsOfSync("PatchExtract", { x: random(1, 2, 4, 6, 3) }, { patchSize: 2 }),
    ...outputsOfSync("AdamWUpdate", [random(1, 37), random(2, 37), positive(3, 37), random(4, 37)], {
      ...{ beta1: 0.9, beta2: 0.99, stepSize: 0.1, epsilon: 1e-7, decays: [0.01] },
    }),
  ];
}

function outputsOfBranches(random: (seed: number, ...shape: number[]) => tf.Tensor): Float32Array[] {
  const some = { epsilon: 1e-2, rows: [0, 2], factor: 1.5 };
  const attention = { heads: 2, scale: 0.6, queries: 4 };
  return [
    { middle: 10, inner: 30, attributes: { ...some, attention }, queries: 4 },
    { middle: 9, inner: 9, attributes: some, queries: 5 },
  ].flatMap(({ middle, inner, attributes, queries }) => {
    const x = () => random(1, 3, 5, 7);
    const weights = () => ({
      gamma: random(2, 7),
      kernel1: random(3, 7, inner),
      kernel2: random(4, middle, 7),
    });
    const biases = { beta: random(5, 7), bias1: random(6, inner), bias2: random(7, 7) };
    const outputs = outputsOfSync("ResidualBranch", { x: x(), ...weights(), ...biases }, attributes);
    const [, kept] = outputs as [Float32Array, Float32Array];
    const given = { ...weights(), x: x(), kept: tf.tensor1d(kept), dy: random(8, 3, queries, 7) };
    return [outputs[0]!, ...outputsOfSync("ResidualBranchGrad", given, attributes)];
  });
}
