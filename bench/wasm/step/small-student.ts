// One preset's training in a process of its own: prints its steps' figures as JSON.
import * as tf from "@tensorflow/tfjs-core";
import { deit } from "deit-model";
import { recipeStep, type Teacher } from "distill-trainer";
import { startBackend } from "tfjs-backends";
import { arraySource, type BatchLogs, fit } from "train-loop";
import { sidesOf } from "vision-augment";
import { PRESETS } from "../../../packages/deit-cli/src/settings/presets.ts";
import { studentConfig } from "../../../packages/deit-cli/src/settings/student-config.ts";
import { distilledTask } from "../../../packages/deit-cli/src/student/student-task.ts";
import { clockModules } from "./module-clock.ts";

/** Times of each step of a training, in milliseconds. */
export interface SmallStudentFigures {
  /** Durations of whole steps, without waiting for data. */
  readonly steps: readonly number[];
  /** Durations of the parts within WebAssembly kernels. */
  readonly kernels: readonly number[];
  /** Calls of WebAssembly kernels in the last step. */
  readonly calls: number;
}

/** A training to measure. */
export interface SmallStudentTask {
  readonly preset: "demo" | "photos";
  /** Timed ones; as many come before them. */
  readonly steps: number;
  /** Whether to time the kernels. */
  readonly clock: boolean;
}

const CLASSES = 5;

/** A teacher that costs nothing, as one with stored logits. */
const silent: Teacher = {
  classes: CLASSES,
  logits: (images) => tf.zeros([images.shape[0]!, CLASSES]),
};

async function train({ preset, steps, clock }: SmallStudentTask): Promise<SmallStudentFigures> {
  const kernelTime = clock ? clockModules() : { ms: 0, calls: 0 };
  await startBackend("wasm");
  const { run, ...rest } = PRESETS[preset]!;
  const { model, data } = rest;
  const recipe = { ...rest.recipe, alpha: 0.5 }; // DeiT's token, also where the preset distils by features alone
  const student = deit(
    studentConfig({ run: { ...run, preset, name: preset }, recipe, model, data }, CLASSES),
  );
  const task = distilledTask(student, silent, recipe);
  const count = 2 * steps * recipe.batchSize;
  const [height, width] = sidesOf(model.imageSize);
  const images = Float32Array.from({ length: count * height * width * 3 }, (_, i) => (i * 7919) % 256);
  const labels = Array.from({ length: count }, (_, i) => i % CLASSES);
  const source = arraySource(
    { images, shape: [count, height, width, 3], labels },
    { batchSize: recipe.batchSize },
  );
  const figures = { steps: [] as number[], kernels: [] as number[], calls: 0 };
  let last = { at: performance.now(), ms: 0, calls: 0 };
  await fit(task, recipeStep(recipe, student, source).optimizer, source, {
    epochs: 1,
    microBatchSize: run.microBatchSize!,
    callbacks: {
      onBatchEnd: async (_, logs) => {
        const { waitSeconds = 0 } = logs as BatchLogs;
        const now = { at: performance.now(), ms: kernelTime.ms, calls: kernelTime.calls };
        figures.steps.push(now.at - last.at - 1e3 * waitSeconds);
        figures.kernels.push(now.ms - last.ms);
        figures.calls = now.calls - last.calls;
        last = now;
      },
    },
  });
  return { ...figures, steps: figures.steps.slice(steps), kernels: figures.kernels.slice(steps) };
}

process.stdout.write(`${JSON.stringify(await train(JSON.parse(process.argv[2]!)))}\n`);
