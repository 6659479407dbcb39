import * as tf from "@tensorflow/tfjs-core";
import { softmaxCrossEntropy } from "distill-trainer";
import { noise } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { attention, gelu, layerNorm } from "vit-blocks";
import { describe, expect, test } from "vitest";

const missing = await startWebGpu();

/** Values and gradients through every op that finds a kernel, and one update of the weights. */
function step(weights: tf.Variable, moments: tf.Tensor[]): tf.Scalar {
  const { value, grads } = tf.variableGrads(() => {
    const x = tf.reshape(weights, [2, 5, 24]);
    const ones = tf.ones([24]);
    const attended = attention(layerNorm(x, ones, tf.zeros([24])), { heads: 2, queries: 3 });
    const sum = gelu(attended);
    const targets = tf.cast(tf.oneHot(tf.tensor1d([1, 2], "int32"), 8, 1, 0, "int32"), "float32");
    return tf.mean(softmaxCrossEntropy(targets as tf.Tensor2D, tf.mean(sum, 1) as tf.Tensor2D)) as tf.Scalar;
  }, [weights]);
  const gradient = grads[weights.name]!;
  tf.dispose(tf.engine().runKernel("SquaredNorms", [gradient] as unknown as tf.NamedTensorMap));
  const inputs = [weights, ...moments, gradient] as unknown as tf.NamedTensorMap;
  const attrs = { beta1: 0.9, beta2: 0.99, stepSize: 1e-3, epsilon: 1e-7, decays: [0.01] };
  const [next, ...rest] = tf.engine().runKernel("AdamWUpdate", inputs, attrs) as tf.Tensor[];
  weights.assign(next!);
  tf.dispose([next!, gradient, ...moments.splice(0, 2, ...rest)]);
  return value;
}

describe.skipIf(missing)(`the kernels${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("leak no tensor and no buffer, and the GPU's memory stays as it is", async () => {
    const weights = tf.variable(tf.tensor1d(noise(240, 1)));
    const moments: tf.Tensor[] = [tf.zerosLike(weights), tf.zerosLike(weights)];
    const states: unknown[] = [];
    for (let i = 0; i < 20; i++) {
      const loss = step(weights, moments);
      expect(Number.isFinite((await loss.data())[0])).toBe(true); // reads also submit what waits, and free it
      loss.dispose();
      const { numTensors, numDataBuffers, numBytesInGPU, numBytesAllocatedInGPU } =
        tf.memory() as tf.MemoryInfo & Record<string, number>;
      states.push({ numTensors, numDataBuffers, numBytesInGPU, numBytesAllocatedInGPU });
    }
    expect(states.at(-1)).toEqual(states[5]);
    tf.dispose([weights, moments]);
  });
});
