import * as tf from "@tensorflow/tfjs-core";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { gelu } from "./activations/gelu.ts";
import { attention } from "./attention.ts";
import { layerNorm } from "./layer-norm.ts";
import { linear } from "./linear.ts";
import { patchExtract } from "./patch-extract.ts";
import { residualAdd } from "./residual-add.ts";

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Ops, the shapes of their inputs and of their value. */
const OPS: [name: string, op: Op, inputs: number[][], value: number[]][] = [
  ["attention", (x) => attention(x!, { heads: 2 }), [[0, 3, 12]], [0, 3, 4]],
  ["gelu", (x) => gelu(x!), [[0, 3]], [0, 3]],
  ["layerNorm", (x, gamma, beta) => layerNorm(x!, gamma!, beta!), [[0, 3], [3], [3]], [0, 3]],
  ["linear", (x, kernel, bias) => linear(x!, kernel!, bias!), [[0, 3], [3, 2], [2]], [0, 2]],
  ["patchExtract", (x) => patchExtract(x!, 2), [[0, 4, 4, 3]], [0, 4, 12]],
  [
    "residualAdd",
    (x, branch) => residualAdd(x!, branch!),
    [
      [0, 3],
      [0, 3],
    ],
    [0, 3],
  ],
];

describe.each(BACKENDS)("of an empty batch on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test.each(OPS)("%s gives nothing, and its weights zeros as gradients", (_, op, inputs, shape) => {
    const { value, grads } = tf.valueAndGrads(op)(inputs.map((side) => tf.zeros(side)));
    expect(value.shape).toEqual(shape);
    expect(grads.map((gradient) => gradient.shape)).toEqual(inputs);
    for (const gradient of grads) expect(gradient.dataSync().every((slope) => slope === 0)).toBe(true);
  });
});
