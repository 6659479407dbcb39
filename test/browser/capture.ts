// A captured training step beside the same step as tfjs runs it, on the browser's WebGPU.
import "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { vit } from "deit-model";
import { classification, softmaxCrossEntropy } from "distill-trainer";
import { registerStepCapture, type StepCapture, stepCapture } from "kernel-contract";
import { startBackend } from "tfjs-backends";
import { AdamW } from "tfjs-optim";
import { arraySource, fit } from "train-loop";
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
  /** A short training by `fit`, which captures its steps by itself, beside the same without capture. */
  readonly trained?: {
    readonly losses: readonly number[];
    readonly eagerLosses: readonly number[];
    readonly difference: number;
    /** What the page warned of. */
    readonly warnings: readonly string[];
    /** Steps that were captured. */
    readonly captures: number;
  };
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
  const difference = await largestDifference(plain.model, captured.model);
  return {
    adapter: adapter.info?.description ?? "",
    ...{ losses, eagerLosses, difference, dispatches: step.dispatches },
    trained: await train(),
  };
}

async function train(): Promise<NonNullable<Captured["trained"]>> {
  const [plain, captured] = [training(), training()];
  captured.model.setWeights(plain.model.getWeights());
  const { images, labels } = inputsOf(0);
  const samples = { images: images.map((x) => 127 + 127 * x), shape: [BATCH, 16, 16, 3], labels };
  const warnings: string[] = [];
  let captures = 0;
  const own = stepCapture()!;
  const counting: StepCapture = (...given) => {
    captures += 1;
    return own(...given);
  };
  registerStepCapture("webgpu", counting);
  const { warn } = console;
  console.warn = (...given: unknown[]) => void warnings.push(given.join(" "));
  const lossesOf = async ({ model, optimizer }: ReturnType<typeof training>, mayCapture: boolean) => {
    const options = { epochs: 4, microBatchSize: 2, capture: mayCapture };
    const source = arraySource(samples, { batchSize: BATCH });
    return (await fit(classification({ model }), optimizer, source, options)).history.loss as number[];
  };
  try {
    const [losses, eagerLosses] = [await lossesOf(captured, true), await lossesOf(plain, false)];
    const difference = await largestDifference(plain.model, captured.model);
    return { losses, eagerLosses, difference, warnings, captures };
  } finally {
    registerStepCapture("webgpu", own);
    console.warn = warn;
  }
}

async function largestDifference(a: tfl.LayersModel, b: tfl.LayersModel): Promise<number> {
  const differences = tf.tidy(() => {
    const others = b.getWeights();
    return a.getWeights().map((x, i) => tf.max(tf.abs(tf.sub(x, others[i]!))));
  });
  return Math.max(...(await Promise.all(differences.map(async (x) => (await x.data())[0]!))));
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
  return { model, optimizer, take };
}

function inputsOf(step: number) {
  return {
    images: Float32Array.from({ length: BATCH * 16 * 16 * 3 }, (_, i) => Math.sin(i + step)),
    labels: Int32Array.from({ length: BATCH }, (_, i) => (i + step) % 4),
    sampleKeys: Uint32Array.from({ length: BATCH }, (_, i) => 7 * step + i),
  };
}
