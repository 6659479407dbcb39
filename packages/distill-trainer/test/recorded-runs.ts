// Runs this package's training on a fixture's data and compares it with what the original software recorded.
import * as tf from "@tensorflow/tfjs-core";
import { deit, type VitConfig } from "deit-model";
import type { Batch } from "sample-keys";
import {
  bytes,
  errorOverLargest,
  floats,
  largestDifference,
  type Packed,
  type ParityRow,
  parity,
} from "test-kit";
import type { BatchLogs, DataSource } from "train-loop";
import { expect } from "vitest";
import type { Distillation, Teacher } from "../src/index.ts";
import { Distiller } from "../src/index.ts";

/** What every training fixture starts from. */
export interface TrainingData {
  readonly config: VitConfig;
  readonly epochs: number;
  readonly batchSize: number;
  readonly train: PackedSamples;
  readonly validation: PackedSamples;
  readonly teacherLogits: Packed;
}

/** Pictures and labels: uint8 `[samples, height, width, channels]`, 0…255. */
interface PackedSamples {
  readonly images: Packed;
  readonly labels: readonly number[];
}

/** What the original software recorded. */
export interface RecordedRun {
  /** Each step's own numbers. */
  readonly steps: readonly BatchLogs[];
  /** The variables after the last step, by name. */
  readonly end: Readonly<Record<string, Packed>>;
}

/** What this package did. */
export interface TrainedRun {
  readonly steps: readonly BatchLogs[];
  readonly history: Readonly<Record<string, number[]>>;
  readonly end: Readonly<Record<string, Float32Array>>;
  /** Mean logits of the validation samples, `[samples, classes]`. */
  readonly evaluated: Float32Array;
}

/** How {@link train} is to train. */
export interface TrainOptions {
  readonly start: Readonly<Record<string, Packed>>;
  /** From a variable's name here to its name in `start`. */
  readonly nameOf: (originalName: string) => string;
  /** Gets the tfjs names of the variables whose name in `start` is given. */
  readonly optimizer: (tfjsNames: (names: readonly string[]) => Set<string>) => tf.Optimizer;
  readonly distillation: Distillation;
}

/** Trains a fresh student on the fixture's data, in micro-batches of 5: batches of 8 are summed from two. */
export async function train(data: TrainingData, options: TrainOptions): Promise<TrainedRun> {
  const { start, nameOf, distillation } = options;
  const student = deit(data.config);
  const byName = new Map(student.weights.map((weight) => [nameOf(weight.originalName), weight]));
  expect([...byName.keys()].sort()).toEqual(Object.keys(start).sort());
  for (const [name, weight] of byName) weight.write(tf.tensor(floats(start[name]!), start[name]!.shape));
  const optimizer = options.optimizer(
    (names) => new Set(names.map((name) => (byName.get(name)!.read() as tf.Variable).name)),
  );
  const distiller = new Distiller({ student, teacher: tableTeacher(data.teacherLogits) });
  distiller.compile({ optimizer, distillation });
  const steps: BatchLogs[] = [];
  const { history } = await distiller.fitDataset(packedSource(data.train, data.batchSize), {
    epochs: data.epochs,
    microBatchSize: 5,
    validationData: packedSource(data.validation, data.batchSize),
    callbacks: { onBatchEnd: async (_, logs) => void steps.push({ ...(logs as BatchLogs) }) },
  });
  const end = Object.fromEntries(
    [...byName].map(([name, weight]) => [name, weight.read().dataSync() as Float32Array]),
  );
  const held = tf.div(tf.tensor(bytes(data.validation.images), data.validation.images.shape, "float32"), 255);
  const heads = student.predict(held) as [tf.Tensor, tf.Tensor];
  const evaluated = tf.div(tf.add(...heads), 2).dataSync() as Float32Array;
  optimizer.dispose();
  student.dispose();
  return { steps, history: history as Record<string, number[]>, end, evaluated };
}

/**
 * Rows for the steps' numbers and the variables at the end.
 *
 * 1e-5: two blocks and twenty steps of float32 in another order of operations; Keras differs from itself by as much
 * when its graph is compiled. The keys' biases are apart: softmax ignores them, so their gradient is nothing but rounding
 * (1e-9), which Adam divides by its own size plus epsilon.
 *
 * @param keyBiasTolerance - What twenty such steps may come to.
 */
export function expectToFollow(
  item: string,
  run: TrainedRun,
  recorded: RecordedRun,
  row: Omit<ParityRow, "item" | "tolerance" | "measured">,
  keyBiasTolerance: number,
): void {
  const column = (logs: readonly BatchLogs[], name: string) => logs.map((step) => step[name]!);
  const apart = (name: string) => largestDifference(column(run.steps, name), column(recorded.steps, name));
  const losses = Math.max(...["loss", "student_loss", "distillation_loss"].map(apart));
  const { rest, keyBiases } = variableErrors(run, recorded);
  expect(run.steps.length).toBe(20);
  parity({
    item: `${item}: the three losses of each step (absolute)`,
    ...row,
    tolerance: 1e-5,
    measured: losses,
  });
  parity({
    item: `${item}: accuracy of each step (absolute)`,
    ...row,
    tolerance: 1e-6, // one sample of eight is 0.125
    measured: apart("accuracy"),
  });
  parity({
    item: `${item}: variables at the end (relative to the largest)`,
    ...row,
    tolerance: 1e-5,
    measured: rest,
  });
  parity({
    item: `${item}: biases of the keys at the end (absolute; no output depends on them)`,
    ...row,
    tolerance: keyBiasTolerance,
    measured: keyBiases,
  });
}

/** Relative errors of the variables at the end, and the absolute one of the biases that softmax ignores. */
export function variableErrors(run: TrainedRun, recorded: RecordedRun): { rest: number; keyBiases: number } {
  let [rest, keyBiases] = [0, 0];
  for (const [name, packed] of Object.entries(recorded.end)) {
    const [actual, expected] = [run.end[name]!, floats(packed)];
    if (!name.endsWith("qkv.bias")) {
      rest = Math.max(rest, errorOverLargest(actual, expected));
      continue;
    }
    const third = expected.length / 3;
    for (const at of [0, 1, 2]) {
      const part = [actual, expected].map((x) => x.subarray(at * third, (at + 1) * third));
      if (at === 1) keyBiases = Math.max(keyBiases, largestDifference(part[0]!, part[1]!));
      else rest = Math.max(rest, errorOverLargest(part[0]!, part[1]!));
    }
  }
  return { rest, keyBiases };
}

/** A fixture's samples in their order, the same every epoch. */
export function packedSource({ images, labels }: PackedSamples, batchSize: number): DataSource {
  const pixels = Float32Array.from(bytes(images));
  const [size = 0, ...sample] = images.shape;
  const stride = sample.reduce((product, side) => product * side, 1);
  async function* batches(): AsyncGenerator<Batch> {
    for (let start = 0; start < size; start += batchSize) {
      const end = Math.min(size, start + batchSize);
      yield {
        images: pixels.slice(start * stride, end * stride),
        shape: [end - start, ...sample],
        labels: Int32Array.from(labels.slice(start, end)),
        sampleKeys: new Uint32Array(end - start),
      };
    }
  }
  return { size, batchSize, batches };
}

/** A teacher that knows its logits by heart: a picture's first red value is its row in the table. */
function tableTeacher(table: Packed): Teacher {
  return {
    classes: table.shape[1]!,
    logits: (images) =>
      tf.tidy(() => {
        const row = tf.reshape(tf.slice(images, [0, 0, 0, 0], [-1, 1, 1, 1]), [-1]);
        return tf.gather(
          tf.tensor2d(floats(table), table.shape as [number, number]),
          tf.cast(row, "int32") as tf.Tensor1D,
        );
      }),
  };
}
