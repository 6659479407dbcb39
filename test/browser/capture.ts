// A captured training step beside the same step as tfjs runs it, on the browser's WebGPU.
import "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { vit } from "deit-model";
import { softmaxCrossEntropy } from "distill-trainer";
import { startBackend } from "tfjs-backends";
import { AdamW } from "tfjs-optim";
import { captureStep, installWebGpuKernels } from "webgpu-kernels";

/** What came of it. */
export interface Captured {
  /** What WebGPU runs on; absent where there is none. */
  readonly adapter?: string;
  readonly losses: readonly number[];
  readonly eagerLosses: readonly number[];
  /** Largest difference of a weight. */
  readonly difference: number;
  readonly dispatches: number;
}

const BATCH = 3;
const STEPS = 3;
const INPUTS = {
  images: { shape: [BATCH, 16, 16, 3] },
  labels: { shape: [BATCH], dtype: "int32" },
  sampleKeys: { shape: [BATCH], dtype: "int32" },
} as const;

export async function capture(): Promise<Captured> {
  await startBackend("wasm"); // registers gradients
  const { gpu } = navigator as {
    gpu?: { requestAdapter(): Promise<{ info?: { description: string } } | null> };
  };
  const adapter = await gpu?.requestAdapter();
  if (!adapter || !(await tf.setBackend("webgpu")))
    return { losses: [], eagerLosses: [], difference: 0, dispatches: 0 };
  installWebGpuKernels();
  const [plain, captured] = [training(), training()];
  captured.model.setWeights(plain.model.getWeights());
  const step = await captureStep(
    ({ images, labels, sampleKeys }) => captured.take(images, labels, sampleKeys),
    {
      inputs: INPUTS,
    },
  );
  const losses: number[] = [];
  const eagerLosses: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    const inputs = inputsOf(i);
    losses.push((await step.run(inputs)).loss![0]!);
    const { loss } = tf.tidy(() => {
      const images = tf.tensor(inputs.images, [...INPUTS.images.shape]);
      return plain.take(images, tf.tensor1d(inputs.labels, "int32"), inputs.sampleKeys);
    });
    eagerLosses.push((await loss.data())[0]!);
  }
  const differences = tf.tidy(() => {
    const others = captured.model.getWeights();
    return plain.model.getWeights().map((x, i) => tf.max(tf.abs(tf.sub(x, others[i]!))));
  });
  const largest = await Promise.all(differences.map(async (x) => (await x.data())[0]!));
  return {
    adapter: adapter.info?.description ?? "",
    ...{ losses, eagerLosses, difference: Math.max(...largest), dispatches: step.dispatches },
  };
}

function training() {
  const model = vit({
    imageSize: 16,
    patchSize: 4,
    dim: 12,
    depth: 2,
    heads: 3,
    classes: 4,
    dropPathRate: 0.3,
  });
  const optimizer = new AdamW({ learningRate: 1e-2 });
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const take = (images: tf.Tensor, labels: tf.Tensor, sampleKeys: unknown): { loss: tf.Scalar } => {
    const { value, grads } = tf.variableGrads(() => {
      const logits = model.apply(images, { training: true, sampleKeys } as never) as tf.Tensor2D;
      const targets = tf.cast(tf.oneHot(labels as tf.Tensor1D, 4), "float32") as tf.Tensor2D;
      return tf.mean(softmaxCrossEntropy(targets, logits)) as tf.Scalar;
    }, variables);
    optimizer.applyGradients(grads);
    return { loss: value };
  };
  return { model, take };
}

function inputsOf(step: number) {
  return {
    images: Float32Array.from({ length: BATCH * 16 * 16 * 3 }, (_, i) => Math.sin(i + step)),
    labels: Int32Array.from({ length: BATCH }, (_, i) => (i + step) % 4),
    sampleKeys: Uint32Array.from({ length: BATCH }, (_, i) => 7 * step + i),
  };
}
