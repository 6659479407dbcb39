import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { deit, vit } from "deit-model";
import { fixturesOf, sectors } from "test-kit";
import { startBackend } from "tfjs-backends";
import type { AdamW, Lamb, Lion } from "tfjs-optim";
import { beforeAll, describe, expect, test } from "vitest";
import { stripes } from "../hints/test-data.ts";
import {
  Classifier,
  compileRecipe,
  DEIT_RECIPE,
  DEIT3_RECIPE,
  FINETUNE_RECIPE,
  KERAS_RECIPE,
  type Recipe,
  recipeSchedule,
  requireRecipe,
} from "../index.ts";

/** What argparse of facebookresearch/deit's main.py has as defaults. */
const fb = fixturesOf(import.meta.url).json("deit-defaults.json") as Record<string, number & string>;

const source = sectors(40, 8); // five steps an epoch

beforeAll(() => startBackend("cpu"));

describe("DEIT_RECIPE", () => {
  test("has the defaults of FB's main.py", () => {
    const { augmentation, repeats, centerCrop } = DEIT_RECIPE.images;
    expect({
      epochs: DEIT_RECIPE.epochs,
      lr: DEIT_RECIPE.learningRate,
      min_lr: DEIT_RECIPE.minLearningRate,
      warmup_lr: DEIT_RECIPE.warmup!.from,
      warmup_epochs: DEIT_RECIPE.warmup!.epochs,
      sched: DEIT_RECIPE.schedule,
      weight_decay: DEIT_RECIPE.weightDecay,
      clip_grad: DEIT_RECIPE.clipNorm ?? null,
      smoothing: DEIT_RECIPE.labelSmoothing,
      drop_path: DEIT_RECIPE.dropPathRate,
      model_ema: DEIT_RECIPE.emaDecay !== undefined,
      model_ema_decay: DEIT_RECIPE.emaDecay,
      mixup: DEIT_RECIPE.mixing!.mixupAlpha,
      cutmix: DEIT_RECIPE.mixing!.cutmixAlpha,
      mixup_prob: DEIT_RECIPE.mixing!.probability,
      mixup_switch_prob: DEIT_RECIPE.mixing!.switchProbability,
      mixup_mode: "batch", // mixedSource's own default
      aa: `rand-m${augmentation!.randAugment!.magnitude}-mstd${augmentation!.randAugment!.magnitudeStd}-inc1`,
      reprob: augmentation!.erasing!.probability,
      remode: "pixel", // the only one there is here
      train_interpolation: "bicubic", // flowers-data's default
      repeated_aug: repeats === 3, // RASampler's number
      distillation_alpha: DEIT_RECIPE.alpha,
      eval_crop_ratio: centerCrop!.ratio,
    }).toEqual(
      Object.fromEntries(Object.entries(fb).filter(([name]) => name !== "opt_eps" && name !== "batch_size")),
    );
    const { optimizer } = compileRecipe(DEIT_RECIPE, deit(tiny), source);
    expect((optimizer as AdamW).semantics).toMatchObject({
      epsilon: fb.opt_eps,
      epsilonPlacement: "corrected",
    });
  });

  test("warms up over the cosine's beginning, at the rate that is scaled to the batch", () => {
    const rate = recipeSchedule(DEIT_RECIPE, 10);
    const peak = (5e-4 * 1024) / 512;
    const cosineAt = (step: number) => 1e-5 + ((peak - 1e-5) * (1 + Math.cos((Math.PI * step) / 3000))) / 2;
    expect(rate(0)).toBe(1e-6);
    expect(rate(25)).toBeCloseTo((1e-6 + peak) / 2, 12);
    expect(rate(50)).toBeCloseTo(cosineAt(50), 12);
    expect(rate(2999)).toBeCloseTo(cosineAt(2999), 12);
    expect(rate(3000)).toBeCloseTo(1e-5, 12);
  });
});

test("DEIT3_RECIPE has the paper's numbers, and trains", async () => {
  expect(DEIT3_RECIPE).toMatchObject({
    ...{ epochs: 800, batchSize: 2048, optimizer: "lamb", learningRate: 3e-3, weightDecay: 0.02 },
    ...{ labelSmoothing: 0, loss: { kind: "bce", targetThreshold: 0 }, warmup: { epochs: 5, from: 1e-6 } },
    mixing: { mixupAlpha: 0.8, cutmixAlpha: 1 },
  });
  expect(DEIT3_RECIPE.images).toEqual({
    augmentation: {
      ...{ crop: {}, flip: 0.5, threeAugment: {} },
      colorJitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3 },
    },
    repeats: 3,
    centerCrop: { ratio: 1 },
  });
  const rate = recipeSchedule(DEIT3_RECIPE, 10);
  expect([rate(0), rate(8000)]).toEqual([1e-6, expect.closeTo(1e-5, 12)]);
  const losses: number[][] = [];
  for (const backend of ["cpu", "wasm"] as const) {
    await startBackend(backend);
    const size = { imageSize: 16, patchSize: 4, dim: 12, depth: 2, heads: 3, classes: 3, seed: 1 } as const;
    const model = vit({ ...size, init: "timm", dropPathRate: 0.05, noEmbedClass: true, initValues: 1e-4 });
    const classifier = new Classifier(model);
    const source = stripes(); // without mixing, whose targets are too noisy for a few steps to show
    const small = { epochs: 12, batchSize: 4, warmup: { epochs: 0 }, learningRate: 0.03 };
    classifier.compile(compileRecipe({ ...DEIT3_RECIPE, ...small }, model, source));
    const { history } = await classifier.fitDataset(source, { epochs: 12 });
    losses.push(history.loss as number[]);
  }
  expect(losses[0]![0]).toBeCloseTo(Math.LN2, 1); // for each class, of logits near 0
  // A few steps learn how frequent the classes are: a third each.
  expect(losses[0]!.at(-1)).toBeCloseTo(-Math.log(1 / 3) / 3 - (2 / 3) * Math.log(2 / 3), 2);
  losses[1]!.forEach((loss, i) => {
    expect(loss).toBeCloseTo(losses[0]![i]!, 4); // float32
  });
  await startBackend("cpu");
});

test("a recipe's optimizer may be LAMB or Lion", () => {
  const { adamW: _, ...recipe } = DEIT_RECIPE;
  const made = (optimizer: "lamb" | "lion") =>
    compileRecipe({ ...recipe, optimizer }, deit(tiny), source).optimizer as Lamb | Lion;
  expect(made("lamb").getClassName()).toBe("Lamb");
  expect(made("lamb").semantics).toMatchObject({ weightDecay: 0.05, epsilon: fb.opt_eps, maxGradNorm: 1 });
  expect(made("lion").getClassName()).toBe("Lion");
  expect(made("lion").semantics).toEqual({ weightDecay: 0.05, beta1: 0.9, beta2: 0.99 });
  expect(made("lion").learningRateAt(0)).toBe(1e-6);
  expect(made("lion").treatmentOf("any")).toEqual({ decays: true, learningRateScale: 1 });
  expect(() => requireRecipe({ ...DEIT_RECIPE, optimizer: "lamb" })).toThrow(
    "recipe: adamW must be absent with the optimizer lamb, got torch",
  );
});

test("KERAS_RECIPE has the example's numbers", () => {
  expect(KERAS_RECIPE).toMatchObject({
    epochs: 20,
    batchSize: 256,
    labelSmoothing: 0.1,
    dropPathRate: 0.1,
    alpha: 0.5,
  });
  const rate = recipeSchedule(KERAS_RECIPE, 13);
  expect([rate(0), rate(259)]).toEqual([2.5e-4, 2.5e-4]);
  const { optimizer, preprocess, distillation } = compileRecipe(KERAS_RECIPE, deit(tiny), source);
  expect((optimizer as AdamW).semantics).toMatchObject({
    ...{ weightDecay: 1e-4, weightDecayMode: "absolute", epsilon: 1e-7, epsilonPlacement: "uncorrected" },
    ...{ beta1: 0.9, beta2: 0.999 },
  });
  expect(distillation).toEqual({ kind: "hard" });
  expect(preprocess).toBeUndefined(); // the trainer's own, x / 255
});

test("FINETUNE_RECIPE warms up for 50 steps and falls to 0", () => {
  const rate = recipeSchedule(FINETUNE_RECIPE, 104);
  expect(rate(0)).toBeCloseTo(1e-4 / 50, 12);
  expect(rate(50)).toBe(1e-4);
  expect(rate(50 + (6 * 104 - 50) / 2)).toBeCloseTo(5e-5, 12);
  expect(rate(6 * 104)).toBe(0);
  expect(FINETUNE_RECIPE).toMatchObject({
    clipNorm: 1,
    weightDecay: 0.05,
    labelSmoothing: 0.1,
    dropPathRate: 0.1,
  });
});

describe("compileRecipe", () => {
  test("spares what timm spares, and slows layers down, where the recipe says so", () => {
    const model = deit(tiny);
    const treatments = (recipe: Recipe) => {
      const optimizer = compileRecipe(recipe, model, source, { depth: 2 }).optimizer as AdamW;
      const at = (name: string) => {
        const weight = model.trainableWeights.find(({ originalName }) => originalName === name)!;
        return optimizer.treatmentOf((weight.read() as tf.Variable).name);
      };
      return ["position/pos_embed", "blocks.0.mlp/fc1.kernel", "blocks.0.mlp/fc1.bias"].map(at);
    };
    expect(treatments(KERAS_RECIPE).map(({ decays }) => decays)).toEqual([true, true, true]);
    expect(treatments(DEIT_RECIPE).map(({ decays }) => decays)).toEqual([false, true, false]);
    const scales = treatments({ ...DEIT_RECIPE, layerDecay: 0.5 }).map((it) => it.learningRateScale);
    expect(scales).toEqual([0.125, 0.25, 0.25]);
    expect(() => compileRecipe({ ...DEIT_RECIPE, layerDecay: 0.5 }, model, source)).toThrow(
      "recipeStep: a layerDecay of 0.5 needs the model's depth, got none",
    );
  });

  test("clips, averages and normalizes, where the recipe says so", () => {
    const model = deit(tiny);
    const [keras, deitArgs, finetune] = [KERAS_RECIPE, DEIT_RECIPE, FINETUNE_RECIPE].map((recipe) =>
      compileRecipe(recipe, model, source),
    );
    expect([keras, deitArgs, finetune].map((args) => args!.gradientTransform?.name)).toEqual([
      undefined,
      undefined,
      "clipByGlobalNorm(1)",
    ]);
    expect(keras!.ema).toBeUndefined();
    expect(deitArgs!.ema!.decayAt(7)).toBe(0.99996);
    const [red] = finetune!.preprocess!(tf.fill([1, 1, 1, 3], 255)).dataSync();
    expect(red).toBeCloseTo((1 - 0.485) / 0.229, 5);
  });

  test("a classifier trains by it, to the same bits each time", async () => {
    const recipe = { ...DEIT_RECIPE, epochs: 2, batchSize: 8, emaDecay: 0.9 };
    const run = async () => {
      const kernelInitializer = tfl.initializers.glorotUniform({ seed: 1 });
      const model = tfl.sequential({
        layers: [tfl.layers.dense({ units: 3, inputShape: [2], kernelInitializer })],
      });
      const classifier = new Classifier(model);
      const { normalization: _, ...plain } = recipe;
      const args = compileRecipe(plain, model, source);
      expect(Object.keys(args)).not.toEqual(expect.arrayContaining(["distillation"]));
      classifier.compile(args);
      const { history } = await classifier.fitDataset(source, { epochs: 2, validationData: source });
      return { history, weights: model.getWeights()[0]!.dataSync() };
    };
    const first = await run();
    expect(await run()).toEqual(first);
    expect(Object.keys(first.history)).toContain("val_ema_accuracy");
  });

  test("a warm-up has a length in epochs or in steps", () => {
    const rates = (warmup: Recipe["warmup"]) => {
      const rate = recipeSchedule({ ...FINETUNE_RECIPE, ...(warmup && { warmup }) }, 25);
      return Array.from({ length: 150 }, (_, step) => rate(step));
    };
    expect(rates({ epochs: 2 })).toEqual(rates({ steps: 50 }));
    expect(() => rates({})).toThrow("recipe: warmup must have epochs or steps, got neither");
    expect(() => rates({ epochs: 2, steps: 50 })).toThrow(
      "recipe: warmup must have epochs or steps, got both",
    );
  });

  test("a recipe's images are checked with it", () => {
    const images = (some: object) => () => requireRecipe({ ...DEIT_RECIPE, images: some });
    expect(images({ repeat: 2 })).toThrow("recipe: images: unknown option 'repeat'; did you mean 'repeats'?");
    expect(images({ centerCrop: { ratio: 0 } })).toThrow("recipe: images: centerCrop: ratio must be");
    expect(images({ augmentation: { flip: 2 } })).toThrow(
      "recipe: images: augmentation: flip must be in [0, 1], got 2",
    );
  });

  test("a warm-up longer than the run leaves it one step", () => {
    const rate = recipeSchedule({ ...FINETUNE_RECIPE, epochs: 1 }, 10);
    expect([rate(0), rate(9)]).toEqual([1e-4 / 9, 1e-4]);
  });
});

const tiny = { imageSize: 8, patchSize: 4, dim: 8, depth: 2, heads: 2, classes: 3 } as const;
