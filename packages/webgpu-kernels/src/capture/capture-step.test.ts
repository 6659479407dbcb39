import * as tf from "@tensorflow/tfjs-core";
import { deit } from "deit-model";
import { softmaxCrossEntropy } from "distill-trainer";
import { noise, valuesOf } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { AdamW, clipByGlobalNorm, emaWarmup, Lamb, Lion, ModelEma, squaredNorms, warmup } from "tfjs-optim";
import { describe, expect, test } from "vitest";
import { captureStep } from "./capture-step.ts";

const SIDE = 16;
const BATCH = 3;
const SIZE = {
  imageSize: SIDE,
  patchSize: 4,
  dim: 12,
  depth: 3,
  heads: 3,
  classes: 4,
  init: "timm",
} as const;

const missing = await startWebGpu();

const inputsOf = (step: number) => ({
  images: noise(BATCH * SIDE * SIDE * 3, step + 1),
  labels: Int32Array.from({ length: BATCH }, (_, i) => (i + step) % 4),
  sampleKeys: Uint32Array.from({ length: BATCH }, (_, i) => 0xfffffff0 + 7 * i + step),
});
const INPUTS = {
  images: { shape: [BATCH, SIDE, SIDE, 3] },
  labels: { shape: [BATCH], dtype: "int32" },
  sampleKeys: { shape: [BATCH], dtype: "int32" },
} as const;

const RATES = {
  learningRate: warmup((step) => 1e-2 / (1 + step), { steps: 2 }),
  learningRateScale: (name: string) => (name.includes("head") ? 1 : 0.5),
  excludeFromDecay: (name: string) => name.includes("bias"),
};
/** Optimizers with the decays of an average. */
const OPTIMIZERS = {
  "AdamW, and an average": { make: () => new AdamW(RATES), decay: 0.7 },
  "Lamb, and an average with a warmup": { make: () => new Lamb(RATES), decay: emaWarmup({ decay: 0.9 }) },
  "Lamb with a decoupled decay": {
    make: () => new Lamb({ ...RATES, decoupledDecay: true, biasCorrection: false, maxGradNorm: null }),
    decay: 0,
  },
  "Lion, and an average with a schedule": {
    make: () => new Lion({ ...RATES, weightDecay: 0.1 }),
    decay: (update: number) => 1 - 1 / (2 + update),
  },
};

/** A small DeiT with drop path and dropout, and its whole training step. */
function training({ make, decay }: (typeof OPTIMIZERS)[keyof typeof OPTIMIZERS]) {
  const model = deit({ ...SIZE, dropPathRate: 0.5, dropRate: 0.1 });
  const optimizer = make();
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const clip = clipByGlobalNorm(0.5);
  const ema = new ModelEma(model, { decay });
  const step = ({ images, labels }: Record<"images" | "labels", tf.Tensor>, sampleKeys: unknown) => {
    const { value, grads } = tf.variableGrads(() => {
      const heads = model.apply(images, { training: true, sampleKeys } as never) as tf.Tensor2D[];
      const targets = tf.cast(tf.oneHot(labels as tf.Tensor1D, 4), "float32") as tf.Tensor2D;
      return tf.mean(tf.addN(heads.map((head) => softmaxCrossEntropy(targets, head)))) as tf.Scalar;
    }, variables);
    const norms = squaredNorms(variables.map(({ name }) => grads[name]!));
    optimizer.applyGradients(clip.apply(grads));
    ema.update();
    return { loss: value, norms };
  };
  const state = async () => {
    const moments = await optimizer.getWeights();
    const values = await valuesOf([
      ...[...variables, ...ema.weights].map((x) => tf.clone(x)),
      ...moments.slice(1).map((x) => tf.clone(x.tensor)),
    ]);
    moments[0]!.tensor.dispose();
    return { iterations: optimizer.iterations, updates: ema.updates, values };
  };
  const eager = async (at: number) => {
    const { images, labels, sampleKeys } = inputsOf(at);
    const { loss, norms } = tf.tidy(() =>
      step(
        { images: tf.tensor(images, INPUTS.images.shape as never), labels: tf.tensor1d(labels, "int32") },
        sampleKeys,
      ),
    );
    const [values, squares] = await valuesOf([loss, norms]);
    return { loss: values!, norms: squares! };
  };
  const capture = () => captureStep((x) => step(x, x.sampleKeys), { inputs: INPUTS });
  return { model, optimizer, ema, variables, step, state, eager, capture };
}

describe.skipIf(missing)(`captureStep${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test.each(Object.entries(OPTIMIZERS))(
    "gives the bits of the step as it is: losses, norms, weights and moments, over a warmup, by %s",
    async (_, kind) => {
      const [plain, captured] = [training(kind), training(kind)];
      captured.model.setWeights(plain.model.getWeights());
      captured.ema.restore(plain.ema.weights, 0);
      const step = await captured.capture();
      expect(captured.optimizer.iterations).toBe(0);
      for (let at = 0; at < 4; at++) {
        const expected = await plain.eager(at);
        expect(await step.run(inputsOf(at))).toEqual(expected);
      }
      const [expected, actual] = [await plain.state(), await captured.state()];
      expect([actual.iterations, actual.updates]).toEqual([4, 4]);
      expect(actual).toEqual(expected);
      const uniforms = 256 * step.dispatches; // aligned: much, where a model is so small
      expect(step.memory.bytes - uniforms).toBeLessThanOrEqual(1.1 * step.memory.eagerBytes);
      expect(step.programs.get("SoftmaxCrossEntropy")).toBe(2);
      expect(step.dispatches).toBe([...step.programs.values()].reduce((sum, count) => sum + count, 0));
      const { numTensors } = tf.memory();
      step.dispose();
      expect(tf.memory().numTensors).toBeLessThan(numTensors); // its handles on weights and moments
      for (const { model, optimizer, ema } of [plain, captured]) {
        ema.dispose();
        optimizer.dispose();
        model.dispose();
      }
    },
    240_000,
  );
});
