import * as tf from "@tensorflow/tfjs-core";
import { largestMixedError, noise } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, expect, test } from "vitest";
import { outputsOfFusedKernels } from "../test/fused-kernels.ts";
import { installWasmKernels } from "./install.ts";
import { type Build, bestBuild } from "./side-module.ts";

const hasBoth = bestBuild() === "relaxed-simd";
if (!hasBoth) {
  process.stderr.write(
    `wasm-kernels: the relaxed-SIMD build needs Node 22, its comparison is skipped on ${process.version}\n`,
  );
}

beforeAll(async () => {
  await startBackend("wasm"); // installs the kernels too
  installWasmKernels().uninstall();
});

/** Products through every path of the matrix kernels, convolution gradients, and all that is no operation of tfjs. */
function resultsOf(build: Build): Float32Array[] {
  const installed = installWasmKernels({ build });
  expect(installed.build).toBe(build);
  const operations = tf.tidy(() => {
    const products = [
      [129, 40, 65],
      [3, 33, 70],
      [70, 3, 33],
      [1, 100, 9],
    ].flatMap(([m, n, k]) =>
      [false, true].flatMap((ta) =>
        [false, true].map((tb) => {
          const a = tf.tensor(noise(m! * k!, 1), ta ? [k!, m!] : [m!, k!]);
          return tf.matMul(a, tf.tensor(noise(k! * n!, 2), tb ? [n!, k!] : [k!, n!]), ta, tb);
        }),
      ),
    );
    const images = tf.tensor4d(noise(2 * 7 * 7 * 5, 2), [2, 7, 7, 5]);
    const filter = tf.tensor4d(noise(3 * 3 * 5 * 6, 3), [3, 3, 5, 6]);
    const convolve = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same");
    const row = { a: tf.tensor2d(noise(90, 1), [9, 10]), b: tf.tensor2d(noise(110, 2), [10, 11]) };
    const activated = (["relu6", "elu", "sigmoid"] as const).map((activation) =>
      tf.fused.matMul({ ...row, activation }),
    );
    return [...products, ...tf.grads(convolve)([images, filter]), ...activated].map(
      (tensor) => tensor.dataSync() as Float32Array,
    );
  });
  const results = [...operations, ...outputsOfFusedKernels()];
  installed.uninstall();
  return results;
}

test.runIf(hasBoth)("the two builds agree within float32's rounding", () => {
  const [plain, relaxed] = [resultsOf("simd"), resultsOf("relaxed-simd")];
  expect(relaxed).toHaveLength(plain.length);
  // Sums of up to 100 products, of which the relaxed build rounds once per term, the other twice.
  for (const [i, values] of relaxed.entries())
    expect(largestMixedError(values, plain[i]!), `${i}`).toBeLessThan(1e-5);
  // Were all equal, the same build would have run twice.
  expect(relaxed.some((values, i) => largestMixedError(values, plain[i]!) > 0)).toBe(true);
});
