import * as tf from "@tensorflow/tfjs-core";
import { deit } from "deit-model";
import { Distiller, softmaxCrossEntropy, type Teacher } from "distill-trainer";
import type { Batch } from "sample-keys";
import { largestMixedError, noise, valuesOf } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { AdamW } from "tfjs-optim";
import { describe, expect, test } from "vitest";
import { installWebGpuKernels } from "./install.ts";
import { type GpuWork, meterGpu } from "./meter.ts";

const SIDE = 16;
const BATCH = 2;
const SIZE = { imageSize: SIDE, patchSize: 4, dim: 12, depth: 2, heads: 3, classes: 4, dropPathRate: 0.2 };
const images = noise(BATCH * SIDE * SIDE * 3, 1).map((x) => 127.5 + 127.5 * x);

const missing = await startWebGpu();

/** The mean loss of both heads, and its gradient with respect to every weight, in the model's order. */
async function gradientsOn(backend: string): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const model = deit({ ...SIZE, init: "timm" });
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const outputs = tf.tidy(() => {
    const x = tf.div(tf.tensor4d(images, [BATCH, SIDE, SIDE, 3]), 255);
    const targets = tf.tensor2d([1, 0, 0, 0, 0, 0, 0.5, 0.5], [BATCH, 4]);
    const { value, grads } = tf.variableGrads(() => {
      const heads = model.apply(x, { training: true, sampleKeys: Uint32Array.of(5, 6) }) as tf.Tensor2D[];
      return tf.mean(tf.addN(heads.map((head) => softmaxCrossEntropy(targets, head)))) as tf.Scalar;
    }, variables);
    return [value, ...variables.map(({ name }) => grads[name]!)];
  });
  model.dispose();
  return valuesOf(outputs);
}

const teacher: Teacher = {
  classes: 4,
  logits: () => tf.tensor2d([4, 0, 0, 0, 0, 0, 4, 0], [BATCH, 4]),
};

async function* batches(): AsyncGenerator<Batch> {
  for (let step = 0; step < 3; step++) {
    const sampleKeys = Uint32Array.of(2 * step, 2 * step + 1);
    yield { images, shape: [BATCH, SIDE, SIDE, 3], labels: Int32Array.of(0, 2), sampleKeys };
  }
}

interface Step {
  readonly loss: number;
  readonly tensors: number;
  readonly work: GpuWork | undefined;
}

/** Three steps of distillation, and the weights after them. */
async function trainOn(backend: string): Promise<{ steps: Step[]; weights: Float32Array[] }> {
  await tf.setBackend(backend);
  const meter = backend === "webgpu" ? meterGpu() : undefined;
  const student = deit({ ...SIZE, init: "timm" });
  const optimizer = new AdamW({ learningRate: 1e-3 });
  const distiller = new Distiller({ student, teacher });
  distiller.compile({ optimizer });
  const steps: Step[] = [];
  const onBatchEnd = async (_: number, logs?: { loss?: number }) => {
    steps.push({ loss: logs!.loss!, tensors: tf.memory().numTensors, work: meter?.read() });
    meter?.reset();
  };
  const source = { size: 3 * BATCH, batchSize: BATCH, batches };
  const callbacks = { onBatchEnd };
  await distiller.fitDataset(source, { epochs: 1, microBatchSize: BATCH, callbacks, capture: false }); // the meter counts what tfjs submits
  meter?.stop();
  const weights = await Promise.all(student.getWeights().map(async (w) => (await w.data()) as Float32Array));
  optimizer.dispose();
  student.dispose();
  return { steps, weights };
}

describe.skipIf(missing)(`a small DeiT${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("has the loss and the gradients that it has on cpu", async () => {
    const expected = await gradientsOn("cpu");
    const actual = await gradientsOn("webgpu");
    expect(actual.length).toBe(expected.length);
    // float32 sums in another order, through two blocks.
    actual.forEach((values, i) => {
      expect(largestMixedError(values, expected[i]!)).toBeLessThan(2e-5);
    });
  });

  test("trains as on cpu, without a leak, and in less than half of the composites' dispatches", async () => {
    const expected = await trainOn("cpu");
    const ours = await trainOn("webgpu");
    installWebGpuKernels().uninstall();
    const composites = await trainOn("webgpu");
    installWebGpuKernels();
    ours.steps.forEach(({ loss }, i) => {
      expect(Math.abs(loss - expected.steps[i]!.loss)).toBeLessThan(1e-4);
    });
    // Adam's first steps are as long for a gradient of rounding errors as for any: 1e-3 each, three of them.
    ours.weights.forEach((values, i) => {
      expect(largestMixedError(values, expected.weights[i]!)).toBeLessThan(7e-3);
    });
    expect(ours.steps[2]!.tensors).toBe(ours.steps[1]!.tensors);
    const [work, other] = [ours.steps[2]!.work!, composites.steps[2]!.work!];
    expect(work.dispatches).toBeLessThan(other.dispatches / 2);
    expect(work.boundBytes).toBeLessThan(other.boundBytes / 2);
    // The trainer's own logs and its check of the gradients: no kernel reads.
    expect(work.readBacks).toBe(other.readBacks);
    expect(work.readBacks).toBeLessThanOrEqual(2);
  });
});
