import * as tf from "@tensorflow/tfjs-core";
import { noise } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { expect, test } from "vitest";
import { meterGpu } from "../meter.ts";

const missing = await startWebGpu();

test.skipIf(missing)(
  "targets that a cast left integers are read as such, to the bits of floats",
  async () => {
    const labels = tf.tensor1d([1, 0, 6], "int32");
    const logits = tf.tensor2d(noise(3 * 70, 1), [3, 70]);
    const dy = tf.tensor1d([1, -0.5, 2]);
    const integers = tf.cast(tf.oneHot(labels, 70, 1, 0, "int32"), "float32");
    const floats = tf.tensor2d(Float32Array.from(await integers.data()), [3, 70]);
    const run = async (targets: tf.Tensor) => {
      const loss = tf.engine().runKernel("SoftmaxCrossEntropy", { targets, logits }) as tf.Tensor;
      const dlogits = tf.engine().runKernel("SoftmaxCrossEntropyGrad", { targets, logits, dy }) as tf.Tensor;
      const values = [await loss.data(), await dlogits.data()];
      tf.dispose([loss, dlogits]);
      return values;
    };
    const expected = await run(floats);
    const meter = meterGpu();
    expect(await run(integers)).toEqual(expected);
    expect([...meter.read().programs]).toEqual([
      ["SoftmaxCrossEntropy", 1],
      ["SoftmaxCrossEntropyGrad", 1],
    ]);
    meter.stop();
    tf.dispose([labels, logits, dy, integers, floats]);
  },
);
