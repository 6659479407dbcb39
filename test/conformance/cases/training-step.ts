import * as tf from "@tensorflow/tfjs-core";
import { deit, type VitConfig } from "deit-model";
import { Distiller, type Teacher } from "distill-trainer";
import type { Batch } from "sample-keys";
import { AdamW, clipByGlobalNorm } from "tfjs-optim";
import type { DataSource } from "train-loop";
import { type Case, noise, type Outcome } from "../case.ts";
import { adamW } from "../float64/adamw.ts";
import { type Array64, build, map, total } from "../float64/array.ts";
import { vit } from "../float64/deit.ts";
import * as f64 from "../float64/functions.ts";
import { gradients } from "../float64/gradients.ts";
import { hard } from "./distill-trainer.ts";
import { weightsFor } from "./models.ts";

const CONFIG: VitConfig = {
  ...{ imageSize: 4, patchSize: 2, dim: 6, depth: 2, heads: 2, headDim: 4, mlpRatio: 2, classes: 3 },
  dropPathRate: 0.5,
};
const OPTIMIZER = {
  ...{ learningRate: 0.5, weightDecay: 0.1, beta1: 0.9, beta2: 0.999 },
  // Above the noise of float32: with a small one Adam's first step is the gradient's sign, also where the gradient is 0.
  epsilon: 1e-3,
  weightDecayMode: "lr-scaled",
  epsilonPlacement: "uncorrected",
} as const;
const MAX_NORM = 0.5;
const ROWS = 3;
const KEYS = Uint32Array.of(3, 4, 5);
const LABELS = [0, 2, 1];
const IMAGES = map(noise([ROWS, 4, 4, 3], 1), (v) => Math.fround(127 + 120 * v));
const TEACHER = noise([ROWS, 3], 2);
const START = weightsFor(CONFIG, true, 300);

/**
 * One step of the trainer: two micro-batches, a teacher, both losses, stochastic depth, gradients clipped, AdamW. The
 * value is the step's three losses, the gradient what became of every weight: its change.
 */
export const trainingStep: Case = {
  op: "distill-trainer: a training step of a small DeiT (losses; change of every weight)",

  async actual(): Promise<Outcome> {
    const student = deit(CONFIG);
    const variables = student.weights.map((weight) => weight.read() as tf.Variable);
    variables.forEach((variable, i) => {
      const { data, shape } = [...START.values()][i]!;
      variable.assign(tf.tensor(Float32Array.from(data), [...shape]));
    });
    const distiller = new Distiller({ student, teacher: knowing(TEACHER) });
    distiller.compile({ optimizer: new AdamW(OPTIMIZER), gradientTransform: clipByGlobalNorm(MAX_NORM) });
    const { history } = await distiller.fitDataset(oneBatch(), { epochs: 1, microBatchSize: 2 });
    const ends = await Promise.all(variables.map((variable) => variable.data()));
    student.dispose();
    const value = ["loss", "student_loss", "distillation_loss"].map((name) => Number(history[name]![0]));
    const starts = [...START.values()];
    return { value, gradients: ends.map((end, i) => end.map((v, j) => v - starts[i]!.data[j]!)) };
  },

  expected(): Outcome {
    const names = [...START.keys()];
    const weights = [...START.values()];
    const loss = (...values: Array64[]): Array64 => {
      const parts = losses((name) => values[names.indexOf(name)]!);
      return { shape: [1], data: Float64Array.of((parts[0] + parts[1]) / 2) };
    };
    const [student, distilled] = losses((name) => START.get(name)!);
    const all = gradients(loss, weights, [1]);
    const norm = Math.sqrt(total(all.map((gradient) => total(gradient.map((g) => g * g)))));
    const scale = Math.min(1, MAX_NORM / (norm + 1e-6));
    const changes = weights.map((value, i) => {
      const none = map(value, () => 0);
      const gradient = { shape: value.shape, data: all[i]!.map((g) => g * scale) };
      const [end] = adamW({ value, m: none, v: none, gradient }, 1, OPTIMIZER);
      return end.data.map((v, j) => v - value.data[j]!);
    });
    return { value: [(student + distilled) / 2, student, distilled], gradients: changes };
  },
};

function losses(weights: (name: string) => Array64): [student: number, distilled: number] {
  const images = map(IMAGES, (v) => v / 255);
  const [cls, dist] = vit(images, weights, CONFIG, true, KEYS) as [Array64, Array64];
  const targets = build([ROWS, 3], (i, j) => 0.9 * Number(LABELS[i!] === j) + 0.1 / 3);
  const mean = ({ data }: Array64) => total(data) / data.length;
  return [mean(f64.softmaxCrossEntropy(targets, cls)), mean(hard(TEACHER, dist))];
}

/** A teacher that returns these logits, micro-batch after micro-batch, for any input. */
function knowing({ data, shape }: Array64): Teacher {
  let next = 0;
  return {
    classes: shape[1]!,
    logits: (images) => {
      const rows = images.shape[0]!;
      const from = next * shape[1]!;
      next += rows;
      return tf.tensor2d(Float32Array.from(data.subarray(from, from + rows * shape[1]!)), [rows, shape[1]!]);
    },
  };
}

function oneBatch(): DataSource {
  async function* batches(): AsyncGenerator<Batch> {
    const images = Float32Array.from(IMAGES.data);
    yield { images, shape: IMAGES.shape, labels: Int32Array.from(LABELS), sampleKeys: KEYS };
  }
  return { size: ROWS, batchSize: ROWS, batches };
}
