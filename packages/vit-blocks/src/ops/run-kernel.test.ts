import * as tf from "@tensorflow/tfjs-core";
import { hasKernel } from "kernel-contract";
import { errorOverLargestOrOne, normalNoise, withoutKernels } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { gelu } from "./activations/gelu.ts";
import { attention } from "./attention.ts";
import { layerNorm } from "./layer-norm.ts";
import { linear } from "./linear.ts";
import { patchExtract } from "./patch-extract.ts";

const FUSED = [
  "Attention",
  "AttentionGrad",
  "Gelu",
  "GeluGrad",
  "LayerNorm",
  "LayerNormGrad",
  "Linear",
  "LinearGrad",
  "PatchExtract",
] as const;
const TOLERANCE = 2e-5; // float32, two orders of summation

describe("fused kernels on wasm", () => {
  beforeAll(async () => {
    await startBackend("wasm");
  });

  const cases: [string, (...x: tf.Tensor[]) => tf.Tensor, number[][]][] = [
    ["attention", (x) => attention(x, { heads: 2 }), [[2, 9, 24]]],
    ["attention of two queries", (x) => attention(x, { heads: 3, queries: 2 }), [[2, 9, 18]]],
    ["gelu", (x) => gelu(x!), [[3, 7]]],
    ["layerNorm", (x, gamma, beta) => layerNorm(x!, gamma!, beta!), [[2, 5, 12], [12], [12]]],
    ["linear", (x, kernel, bias) => linear(x!, kernel!, bias), [[2, 5, 12], [12, 7], [7]]],
    [
      "linear without a bias",
      (x, kernel) => linear(x!, kernel!),
      [
        [3, 12],
        [12, 7],
      ],
    ],
    ["patchExtract", (x) => patchExtract(x!, 4), [[2, 8, 12, 3]]],
  ];

  test.for(cases)("%s is the same with them and without, forward and backward", ([, f, shapes], { skip }) => {
    skip(!hasKernel(...FUSED), "wasm-kernels is not installed: there is one form only");
    const inputs = shapes.map((shape, i) => normalNoise(shape, i + 1));
    const run = () => {
      const y = f(...inputs);
      return [y, ...tf.grads(f)(inputs, normalNoise(y.shape, 9))];
    };
    const fused = run();
    const composite = withoutKernels(FUSED, () => {
      expect(FUSED.some((name) => hasKernel(name))).toBe(false);
      return run();
    });
    for (const [i, expected] of composite.entries()) {
      expect(errorOverLargestOrOne(fused[i]!, expected)).toBeLessThan(TOLERANCE);
    }
  });
});
