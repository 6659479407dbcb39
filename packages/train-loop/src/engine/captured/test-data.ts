import type * as tf from "@tensorflow/tfjs-core";
import { deit, vit } from "deit-model";
import {
  FeatureHints,
  type FeatureLoss,
  layersTeacher,
  type Teacher,
  tokenDistillation,
} from "distill-trainer";
import { registerStepCapture, type StepCapture, stepCapture } from "kernel-contract";
import { AdamW, clipByGlobalNorm, type GradientTransform, ModelEma, warmup } from "tfjs-optim";
import { bitsOf, stripes } from "../../checkpoint/test-data.ts";
import { type FitOptions, fit, type Task } from "../../index.ts";

const SIZE = { imageSize: 8, patchSize: 4, dim: 8, depth: 2, heads: 2, classes: 3, init: "timm" } as const;

/** What a training has that others do not. */
export interface Options {
  readonly optimizer?: () => tf.Optimizer;
  readonly change?: (task: Task) => Task;
  readonly changeTeacher?: (teacher: Teacher) => Teacher;
  readonly schedule?: "constant" | "cosine";
  readonly hintLoss?: FeatureLoss;
  readonly transform?: GradientTransform;
}

/** A student with drop path and dropout, its teacher, and all that belongs to a step. */
export function training(options: Options = {}) {
  const { optimizer: make, change, changeTeacher, schedule, hintLoss = "mse", transform } = options;
  const student = deit({ ...SIZE, dropPathRate: 0.5, dropRate: 0.1, seed: 1 });
  const model = vit({ ...SIZE, seed: 2 });
  const layered = layersTeacher(model);
  const teacher = changeTeacher?.(layered) ?? layered;
  const pairs = [{ teacher: "blocks.0", student: "blocks.0", teacherGrid: [2, 2], loss: hintLoss }] as const;
  const hints =
    schedule && new FeatureHints({ student, teacher: layered, pairs, schedule, steps: 5, seed: 3 });
  const distillation = { kind: "soft", temperature: 2 } as const;
  const own = tokenDistillation({ student, teacher, distillation, ...(hints && { hints }) });
  const task = change?.(own) ?? own;
  const learningRate = warmup((step) => 1e-2 / (1 + step), { steps: 2 });
  const optimizer = make?.() ?? new AdamW({ learningRate });
  const ema = new ModelEma(student, { decay: 0.7 });
  const steps: object[] = [];
  const onBatchEnd = (_: number, logs: Record<string, number> = {}) => {
    const { computeSeconds: __, waitSeconds: ___, ...rest } = logs;
    steps.push(rest);
  };
  const run = (more: Partial<FitOptions> = {}) =>
    fit(task, optimizer, stripes(19, 5, 3), {
      ...{ epochs: 2, microBatchSize: 2, validationData: stripes(6, 3, 4) }, // of 2 + 2 + 1 rows, the last of 2 + 2
      ...{ gradientTransform: transform ?? clipByGlobalNorm(0.5), ema, callbacks: { onBatchEnd } },
      ...more,
    });
  const dispose = () => {
    hints?.dispose();
    ema.dispose();
    optimizer.dispose();
    student.dispose();
    model.dispose();
  };
  return { student, task, ema, optimizer, run, steps, dispose };
}

export type Training = ReturnType<typeof training>;

/** The bits of a training's weights and averages. */
export async function bitsOfAll({ student, ema }: Training): Promise<string> {
  const tensors = [...student.weights.map((weight) => weight.read()), ...ema.weights];
  for (const tensor of tensors) await tensor.data(); // WebGPU reads in no other way
  return bitsOf(student, ema);
}

/** All that came of a training, which is disposed then. */
export async function resultOf(one: Training, more?: Partial<FitOptions>) {
  const { history } = await one.run(more);
  const saved = await one.optimizer.getWeights();
  const moments = await Promise.all(saved.map(async ({ tensor }) => [...(await tensor.data())]));
  saved[0]!.tensor.dispose();
  const result = { history, steps: one.steps, bits: await bitsOfAll(one), moments, updates: one.ema.updates };
  one.dispose();
  return result;
}

/** Puts another capture over that of the backend while `run` runs. */
export async function capturing<T>(
  wrap: (own: StepCapture) => StepCapture,
  run: () => Promise<T>,
): Promise<T> {
  const own = stepCapture()!;
  registerStepCapture("webgpu", wrap(own));
  try {
    return await run();
  } finally {
    registerStepCapture("webgpu", own);
  }
}
