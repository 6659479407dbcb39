import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { deit, timmName, vit } from "deit-model";
import { largestDifference, sectors } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import {
  ADAMW_SEMANTICS,
  AdamW,
  chainTransforms,
  clipByGlobalNorm,
  emaWarmup,
  globalNorm,
  layerDecay,
  ModelEma,
  timmNoDecay,
} from "tfjs-optim";
import { beforeAll, describe, expect, test } from "vitest";
import reference from "../../fixtures/recipe.json" with { type: "json" };
import { Classifier } from "../index.ts";

/** float32 rounding of numbers about 1, a few operations apart. */
const ROUNDING = 2e-6;

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance = ROUNDING): void {
  expect(largestDifference(actual, expected)).toBeLessThan(tolerance);
}

/** A model whose only weights are a vector `w`. */
function oneVector(values: readonly number[]): { model: tfl.LayersModel; w: tf.Variable } {
  class Vector extends tfl.layers.Layer {
    static readonly className = "Vector";
    override build(): void {
      this.addWeight("w", [values.length], "float32", tfl.initializers.zeros());
      this.built = true;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.clone(Array.isArray(inputs) ? inputs[0]! : inputs);
    }
  }
  const model = tfl.sequential({ layers: [new Vector({ inputShape: [1] })] });
  const w = model.weights[0]!.read() as tf.Variable;
  w.assign(tf.tensor1d([...values]));
  return { model, w };
}

// The numbers were made by fixtures/recipe.py with timm and PyTorch.
describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test("timm's weights without decay are ours", () => {
    const model = deit(reference.model);
    const isSpared = timmNoDecay(model);
    const spared = model.weights.filter((weight) => isSpared((weight.read() as tf.Variable).name));
    expect(spared.map(({ originalName }) => timmName(originalName)).sort()).toEqual(reference.spared);
    // A second model in the same process has other variable names.
    const again = deit(reference.model);
    expect(isSpared((again.weights[1]!.read() as tf.Variable).name)).toBe(false);
    expect(timmNoDecay(again)((again.weights[1]!.read() as tf.Variable).name)).toBe(true);
  });

  test("timm's layer-wise decay is ours, whatever the variables' suffix", () => {
    const scale = layerDecay({ decay: reference.layerDecay, depth: reference.model.depth });
    for (const model of [deit(reference.model), deit(reference.model)]) {
      const scales = model.weights.map((weight) => [
        timmName(weight.originalName),
        expect.closeTo(scale((weight.read() as tf.Variable).name), 12),
      ]);
      expect(reference.scales).toEqual(Object.fromEntries(scales));
    }
    const least = layerDecay({ decay: 0.5, depth: 12, minScale: 0.1 });
    expect(least("tokens/cls_token")).toBe(0.1);
  });

  test("timm's decay, by weight and by layer, of a ViT with registers, LayerScale, qkNorm, SwiGLU and fc_norm is ours", () => {
    const options = {
      regTokens: 2,
      initValues: 0.1,
      qkNorm: true,
      globalPool: "avg",
      mlpLayer: "swiglu",
    } as const;
    const model = vit({ ...reference.model, ...options });
    const isSpared = timmNoDecay(model);
    const scale = layerDecay({ decay: reference.layerDecay, depth: reference.model.depth });
    const each = model.weights.map((weight) => {
      const { name } = weight.read() as tf.Variable;
      return { key: timmName(weight.originalName), isSpared: isSpared(name), scale: scale(name) };
    });
    const spared = each.filter((one) => one.isSpared).map(({ key }) => key);
    expect(spared.sort()).toEqual(reference.parts.spared);
    const scales = each.map((one) => [one.key, expect.closeTo(one.scale, 12)]);
    expect(reference.parts.scales).toEqual(Object.fromEntries(scales));
  });

  test("PyTorch's clipping, and its AdamW with a rate and a decay for each variable, are ours", () => {
    const { learningRate, weightDecay, maxNorm, scales, start, ...recorded } = reference.optimizer;
    const variables = start.map((x) => tf.variable(tf.tensor1d(x)));
    const indexOf = (name: string): number => variables.findIndex((x) => x.name === name);
    const optimizer = new AdamW({
      ...ADAMW_SEMANTICS.torch,
      learningRate,
      weightDecay,
      excludeFromDecay: (name) => indexOf(name) === 2,
      learningRateScale: (name) => scales[indexOf(name)]!,
    });
    const clip = clipByGlobalNorm(maxNorm);
    recorded.gradients.forEach((step, i) => {
      const gradients = Object.fromEntries(variables.map((x, j) => [x.name, tf.tensor1d(step[j]!)]));
      expectClose(globalNorm(gradients).dataSync(), [recorded.norms[i]!], 5e-6);
      const clipped = clip.apply(gradients);
      variables.forEach((x, j) => {
        expectClose(clipped[x.name]!.dataSync(), recorded.clipped[i]![j]!);
      });
      optimizer.applyGradients(clipped);
      variables.forEach((x, j) => {
        expectClose(x.dataSync(), recorded.values[i]![j]!);
      });
    });
    optimizer.dispose();
  });

  test("timm's moving averages are ours, with a constant decay and with a warm-up", () => {
    const { start, values } = reference.average;
    const decays = {
      constant: 0.9,
      warm: emaWarmup({ decay: 0.9, gamma: 2, power: 0.75, after: 1 }),
    };
    for (const kind of ["constant", "warm"] as const) {
      const { model, w } = oneVector(start);
      const ema = new ModelEma(model, { decay: decays[kind] });
      values.forEach((value, i) => {
        w.assign(tf.tensor1d(value));
        ema.update();
        expectClose(ema.weights[0]!.dataSync(), reference.average[kind][i]!);
      });
      expect(ema.updates).toBe(values.length);
    }
  });

  test("an average lends its weights and takes them back, also where the loan ends in an error", async () => {
    const { model, w } = oneVector([1, 2]);
    const ema = new ModelEma(model, { decay: 0.5 });
    w.assign(tf.tensor1d([3, 6]));
    ema.update();
    const before = tf.memory().numTensors;
    expect(await ema.within(async () => [...w.dataSync()])).toEqual([2, 4]);
    const failing = ema.within(() => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect([...w.dataSync()]).toEqual([3, 6]);
    expect(tf.memory().numTensors).toBe(before);
    ema.update();
    expect([...ema.weights[0]!.dataSync()]).toEqual([2.5, 5]);
    ema.copyToModel();
    expect([...w.dataSync()]).toEqual([2.5, 5]);
  });

  test("transforms leave their input alone, go one after the other and leak nothing", () => {
    const g = tf.tensor1d([3, 4]);
    const before = tf.memory().numTensors;
    const transform = chainTransforms(clipByGlobalNorm(2.5), {
      name: "double",
      apply: (gradients) => ({ w: tf.mul(gradients.w!, 2) }),
    });
    expect(transform.name).toBe("clipByGlobalNorm(2.5), double");
    const { w } = transform.apply({ w: g });
    expectClose(w!.dataSync(), [3, 4]);
    expect([...g.dataSync()]).toEqual([3, 4]);
    tf.dispose([w!]);
    const same = chainTransforms().apply({ w: g });
    tf.dispose(same);
    expect([...g.dataSync()]).toEqual([3, 4]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("a trainer clips before the step and validates the average beside the model", async () => {
    const model = tfl.sequential({
      layers: [tfl.layers.dense({ units: 3, inputShape: [2], kernelInitializer: "zeros" })],
    });
    const classifier = new Classifier(model);
    const ema = new ModelEma(model, { decay: 0.5 });
    const optimizer = new AdamW({ learningRate: 0.05 });
    classifier.compile({ optimizer, ema, gradientTransform: clipByGlobalNorm(1e-9) });
    const [train, held] = [sectors(40, 8), sectors(20, 8, 2)];
    const norms: number[] = [];
    const { history } = await classifier.fitDataset(train, {
      epochs: 1,
      validationData: held,
      callbacks: { onBatchEnd: (_, logs) => void norms.push(logs!.gradientNorm!) },
    });
    const { val_ema_loss: loss, val_ema_accuracy: accuracy, ...rest } = history as Record<string, number[]>;
    expect(Object.keys(rest).sort()).toEqual(["accuracy", "loss", "val_accuracy", "val_loss"]);
    const averaged = await ema.within(() => classifier.evaluateDataset(held));
    expect(averaged).toEqual({ loss: loss![0], accuracy: accuracy![0] });
    expect(loss).not.toEqual(rest.val_loss);
    expect(ema.updates).toBe(5);
    expect(norms).toHaveLength(5);
    expect(Math.min(...norms)).toBeGreaterThan(1e-3); // before clipping
    // Adam's moments have seen the clipped gradients: the second one is about its square.
    const moments = (await optimizer.getWeights()).filter(({ name }) => name.endsWith("/v"));
    for (const { tensor } of moments) expect(Math.max(...tensor.dataSync())).toBeLessThan(1e-15);
  });
});

test("refuses decays and norms that make no sense", () => {
  expect(() => chainTransforms(clipByGlobalNorm(1), 5 as never)).toThrow(
    "chainTransforms: transform 2 must be a GradientTransform { name, apply }, got 5",
  );
  expect(() => clipByGlobalNorm(0)).toThrow("clipByGlobalNorm: maxNorm must be a finite number > 0, got 0");
  expect(() => layerDecay({ decay: 2, depth: 3 })).toThrow("layerDecay: decay must be in (0, 1], got 2");
  expect(() => layerDecay({ decay: 0.5, depth: 0 })).toThrow("layerDecay: depth must be an integer >= 1");
  const { model } = oneVector([1]);
  expect(() => new ModelEma(model, { decay: 2 })).toThrow(
    "ModelEma: decay must be in [0, 1] or a function, got 2",
  );
});
