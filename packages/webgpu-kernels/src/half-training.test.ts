import * as tf from "@tensorflow/tfjs-core";
import { deit } from "deit-model";
import { softmaxCrossEntropy } from "distill-trainer";
import { stepCapture } from "kernel-contract";
import { noise, valuesOf } from "test-kit";
import { startHalfWebGpu } from "test-kit/backends";
import { AdamW } from "tfjs-optim";
import { afterAll, describe, expect, test } from "vitest";
import { captureStep } from "./capture/capture-step.ts";
import { installWebGpuKernels } from "./install.ts";
import type { Precision } from "./precision.ts";

const [SIDE, BATCH] = [16, 4];
const SIZE = { imageSize: SIDE, patchSize: 4, dim: 12, depth: 2, heads: 3, classes: 4, dropPathRate: 0.2 };
const images = noise(BATCH * SIDE * SIDE * 3, 1);
const labels = Int32Array.of(0, 1, 2, 3);
const sampleKeys = Uint32Array.of(5, 6, 7, 8);
const shape = [BATCH, SIDE, SIDE, 3];

const missing = await startHalfWebGpu();

function take(model: ReturnType<typeof deit>, x: tf.Tensor, labels: tf.Tensor, keys: unknown, factor = 1) {
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const { value, grads } = tf.variableGrads(() => {
    const heads = model.apply(x, { training: true, sampleKeys: keys } as never) as tf.Tensor2D[];
    const targets = tf.cast(tf.oneHot(labels as tf.Tensor1D, 4), "float32") as tf.Tensor2D;
    const losses = heads.map((head) => softmaxCrossEntropy(targets, head));
    return tf.mul(tf.mean(tf.addN(losses)), factor) as tf.Scalar;
  }, variables);
  return { value, grads: variables.map(({ name }) => ({ name, tensor: grads[name]! })) };
}

/** Loss and gradients of a loss times `factor`. */
async function gradientsIn(precision: Precision, factor = 1): Promise<Float32Array[]> {
  installWebGpuKernels({ precision });
  const model = deit({ ...SIZE, init: "timm" });
  const outputs = tf.tidy(() => {
    const { value, grads } = take(
      model,
      tf.tensor(images, shape),
      tf.tensor1d(labels, "int32"),
      sampleKeys,
      factor,
    );
    return [value, ...grads.map(({ tensor }) => tensor)];
  });
  model.dispose();
  return valuesOf(outputs);
}

/** Length of the difference, over the length of what is expected. */
function relativeError(got: readonly Float32Array[], expected: readonly Float32Array[]): number {
  const length = (of: (tensor: number, i: number) => number) =>
    Math.hypot(...expected.map((values, tensor) => Math.hypot(...values.map((_, i) => of(tensor, i)))));
  return length((t, i) => got[t]![i]! - expected[t]![i]!) / length((t, i) => expected[t]![i]!);
}

describe.skipIf(missing)(`a small DeiT in mixed_float16${missing ? ` (skipped: ${missing})` : ""}`, () => {
  afterAll(() => void installWebGpuKernels({ precision: "float32" }));

  test("has the gradients of float32, except for a few thousandths", async () => {
    const [loss, ...expected] = await gradientsIn("float32");
    const [mixed, ...grads] = await gradientsIn("mixed_float16");
    expect(Math.abs(mixed![0]! / loss![0]! - 1)).toBeLessThan(1e-3);
    const error = relativeError(grads, expected);
    expect(error).toBeLessThan(5e-3);
    expect(error).toBeGreaterThan(1e-5); // it is not float32
  });

  test("keeps gradients that half precision would round to zero, with no scale of the loss", async () => {
    const tiny = 2 ** -40;
    const grads = (await gradientsIn("mixed_float16")).slice(1);
    const small = (await gradientsIn("mixed_float16", tiny)).slice(1);
    for (const [i, values] of small.entries()) expect(values).toEqual(grads[i]!.map((value) => value * tiny));
  });

  test("is what a step is captured in from then on, for those who keep captured steps", () => {
    for (const precision of ["mixed_float16", "float32"] as const) {
      installWebGpuKernels({ precision });
      expect(stepCapture()?.setting?.()).toBe(precision);
    }
  });

  test("is captured in the precision of its recording, with eager steps' bits, until it is recorded anew", async () => {
    const trainIn = async (precision: Precision, capture: boolean) => {
      installWebGpuKernels({ precision });
      const model = deit({ ...SIZE, init: "timm" });
      const optimizer = new AdamW({ learningRate: 1e-3 });
      const step = (x: tf.Tensor, classes: tf.Tensor, keys: unknown) => {
        const { value, grads } = take(model, x, classes, keys);
        optimizer.applyGradients(grads);
        return { loss: value };
      };
      const ids = { shape: [BATCH], dtype: "int32" } as const;
      const inputs = { images: { shape }, labels: ids, sampleKeys: ids };
      const captured = capture
        ? await captureStep((x) => step(x.images, x.labels, x.sampleKeys), { inputs })
        : undefined;
      installWebGpuKernels({ precision: capture ? "float32" : precision });
      const losses: number[] = [];
      for (let i = 0; i < 3; i++) {
        if (captured) losses.push((await captured.run({ images, labels, sampleKeys })).loss![0]!);
        else {
          const { loss } = tf.tidy(() =>
            step(tf.tensor(images, shape), tf.tensor1d(labels, "int32"), sampleKeys),
          );
          losses.push((await loss.data())[0]!);
          loss.dispose();
        }
      }
      const weights = await valuesOf(model.getWeights().map((weight) => tf.clone(weight)));
      captured?.dispose();
      optimizer.dispose();
      model.dispose();
      return { losses, weights };
    };
    const eager = await trainIn("mixed_float16", false);
    expect(await trainIn("mixed_float16", true)).toEqual(eager);
    expect((await trainIn("float32", false)).losses).not.toEqual(eager.losses);
  });
});
