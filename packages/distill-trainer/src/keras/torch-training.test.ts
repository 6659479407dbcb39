// Twenty steps of timm's distilled ViT under PyTorch's AdamW, and PyTorch's losses, against this package.
import * as tf from "@tensorflow/tfjs-core";
import { timmName } from "deit-model";
import { errorOverLargest, fixturesOf, floats, type Packed, parity } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { beforeAll, describe, expect, test } from "vitest";
import { expectToFollow, type RecordedRun, type TrainingData, train } from "../../test/recorded-runs.ts";
import { type Distillation, distillationLoss, smoothedOneHot, softmaxCrossEntropy } from "../index.ts";

type Loss = Distillation | { readonly smoothing: number };

interface Run extends RecordedRun {
  /** timm's names. */
  readonly notDecayed: readonly string[];
  readonly evaluated: Packed;
}

interface Fixture {
  readonly versions: { readonly torch: string; readonly timm: string };
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly temperature: number;
  readonly start: Readonly<Record<string, Packed>>;
  readonly runs: Readonly<Record<"hard" | "soft", Run>>;
  readonly losses: {
    readonly student: Packed;
    readonly teacher: Packed;
    readonly labels: number[];
    readonly cases: readonly {
      readonly of: Loss;
      readonly value: number;
      readonly gradient: Packed;
    }[];
  };
}

const { json } = fixturesOf(import.meta.url);
const fixture: Fixture = json("torch-training.json");
const keras: TrainingData = json("keras-training.json");
const { headDim: _, ...config } = keras.config; // timm's heads share the model's width
const { versions, losses, learningRate, weightDecay, temperature } = fixture;
const torch = { reference: "PyTorch", version: versions.torch };

/** Losses and which of the recorded cases are theirs. */
const LOSSES: readonly [name: string, belongs: (of: Loss) => boolean][] = [
  ["hard distillation", (of) => "kind" in of && of.kind === "hard"],
  ["soft distillation as timm (batchmean), temperatures 0.5 to 10", (of) => reductionOf(of) === "batchmean"],
  [
    "soft distillation as facebookresearch/deit (numel), temperatures 0.5 to 10",
    (of) => reductionOf(of) === "numel",
  ],
  ["cross_entropy, label smoothing 0, 0.1 and 0.3", (of) => "smoothing" in of],
];

function reductionOf(of: Loss): string | undefined {
  return "reduction" in of ? of.reduction : undefined;
}

describe.each(PARITY_BACKENDS)("on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each(["hard", "soft"] as const)("20 steps of timm's distilled ViT, %s distillation", async (kind) => {
    const recorded = fixture.runs[kind];
    const run = await train(
      { ...keras, config },
      {
        start: fixture.start,
        nameOf: timmName,
        optimizer: (tfjsNames) => {
          const excluded = tfjsNames(recorded.notDecayed);
          const excludeFromDecay = (name: string) => excluded.has(name);
          return new AdamW({ ...ADAMW_SEMANTICS.torch, learningRate, weightDecay, excludeFromDecay });
        },
        distillation: kind === "hard" ? { kind } : { kind, temperature },
      },
    );
    const which = kind === "hard" ? "hard, all decays" : `soft at ${temperature}, only matrices decay`;
    const item = `20 steps of timm's distilled ViT, AdamW of PyTorch, ${which}`;
    // Epsilon 1e-8 does not outweigh the rounding: each run may go its own way by a whole step of the rate each time.
    expectToFollow(item, run, recorded, { ...torch, backend }, 2 * 20 * learningRate);
    parity({
      item: `${item}: mean logits afterwards (relative to the largest)`,
      ...torch,
      backend,
      tolerance: 1e-5,
      measured: errorOverLargest(run.evaluated, floats(recorded.evaluated)),
    });
  });

  test.each(LOSSES)("%s: values and gradients", (name, belongs) => {
    const teacher = tf.tensor2d(floats(losses.teacher), losses.teacher.shape as [number, number]);
    const student = tf.tensor(floats(losses.student), losses.student.shape);
    const labels = tf.tensor1d(losses.labels, "int32");
    const cases = losses.cases.filter(({ of }) => belongs(of));
    const errors = cases.flatMap(({ of, value, gradient }) => {
      const f = (x: tf.Tensor) => {
        const logits = x as tf.Tensor2D;
        if ("kind" in of) return tf.mean(distillationLoss(of, teacher, logits));
        return tf.mean(softmaxCrossEntropy(smoothedOneHot(labels, logits.shape[1], of.smoothing), logits));
      };
      return [
        errorOverLargest(f(student).dataSync(), [value]),
        errorOverLargest(tf.grad(f)(student).dataSync(), floats(gradient)),
      ];
    });
    parity({
      item: `${name}: values and gradients (relative)`,
      ...torch,
      backend,
      tolerance: 1e-5, // float32 exponentials and logarithms
      measured: Math.max(...errors),
    });
  });
});

test("the soft losses differ by the number of classes, as their two sources do", () => {
  const of = (reduction: string) =>
    losses.cases.find(({ of: o }) => "reduction" in o && o.reduction === reduction && o.temperature === 2)!
      .value;
  expect(of("batchmean") / of("numel")).toBeCloseTo(config.classes, 5);
});
