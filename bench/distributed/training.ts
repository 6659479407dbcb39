// One rank's training; rank 0 prints what it measured as JSON.
import * as tf from "@tensorflow/tfjs-core";
import { config, deit } from "deit-model";
import { Distiller, type Teacher } from "distill-trainer";
import { proceduralFlowers } from "flowers-data/node";
import { imageSource } from "image-source/node";
import { mpiCommunicator } from "mpi-communicator";
import { startBackend } from "tfjs-backends";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import type { BatchLogs, Communicator } from "train-loop";
import { median } from "../measure.ts";
import { counted } from "./counted.ts";

/** Models of DeiT, as `config` of deit-model names them. */
export type TrainedModel = "deitTiny" | "deitSmall" | "deitBase";

/** A training to measure. */
export interface TrainingTask {
  readonly model: TrainedModel;
  /** Rows of all ranks together. */
  readonly batchSize: number;
  /** Timed ones; one more comes before them. */
  readonly steps: number;
  readonly bf16: boolean;
}

/** Figures of a training. */
export interface TrainingFigures {
  /** Rate of the median step, of all ranks together, waiting for data included. */
  readonly imagesPerSecond: number;
  /** Seconds of the median step. */
  readonly step: number;
  /** Seconds of the median sum of gradients, from the arrival of the last rank. */
  readonly sum: number;
  /** Bytes that a rank hands over in a step. */
  readonly bytes: { readonly gradients: number; readonly others: number };
  /** Operations in a step. */
  readonly operations: number;
  readonly parameters: number;
}

const CLASSES = 5;
const SIDE = 224;
/** Bytes: the default one does not hold a row of DeiT-B. */
const LARGE_BUDGET = 2 ** 30;
const silent: Teacher = {
  classes: CLASSES,
  logits: (images) => tf.zeros([images.shape[0]!, CLASSES]),
};

/** The shortest of all ranks' times, each time's: the last rank to come waits for none. */
async function shortest(communicator: Communicator, times: readonly number[]): Promise<number[]> {
  const { rank, size } = communicator;
  const all = new Float32Array(times.length * size);
  all.set(times, times.length * rank);
  await communicator.allreduce(all);
  return times.map((_, i) =>
    Math.min(...Array.from({ length: size }, (__, one) => all[times.length * one + i]!)),
  );
}

async function train({ model, batchSize, steps, bf16 }: TrainingTask): Promise<void> {
  const mpi = await mpiCommunicator(bf16 ? { compression: "bf16" } : {});
  const { communicator, traffic } = counted(mpi);
  await startBackend("wasm");
  const store = await proceduralFlowers({ count: batchSize * (steps + 1), size: 256, seed: 1 });
  const source = imageSource(store, { batchSize, imageSize: SIDE, training: true, seed: 1, workers: 1 });
  const student = deit({ ...config[model], classes: CLASSES, dropPathRate: 0.1 });
  const distiller = new Distiller({ student, teacher: silent });
  const optimizer = new AdamW({ ...ADAMW_SEMANTICS.torch, learningRate: 2.5e-4, weightDecay: 0.05 });
  distiller.compile({ optimizer, labelSmoothing: 0 });
  const seconds: number[] = [];
  const before: (typeof traffic)[] = [];
  await distiller.fitDataset(source, {
    epochs: 1,
    communicator,
    ...(model === "deitBase" && { memoryBudget: LARGE_BUDGET }),
    callbacks: {
      onBatchBegin: async () => void before.push({ ...traffic }),
      onBatchEnd: async (_, logs) => {
        const { waitSeconds = 0, computeSeconds = 0 } = logs as BatchLogs;
        seconds.push(waitSeconds + computeSeconds);
      },
    },
  });
  await source.close();
  const sums = mpi.size === 1 ? [0] : await shortest(mpi, traffic.sumTimes.slice(1));
  if (mpi.rank === 0) {
    const [last, next] = before.slice(-2) as [typeof traffic, typeof traffic];
    const step = median(seconds.slice(1));
    const figures: TrainingFigures = {
      imagesPerSecond: batchSize / step,
      step,
      sum: median(sums) / 1e3,
      bytes: { gradients: next.gradients - last.gradients, others: next.others - last.others },
      operations: next.operations - last.operations,
      parameters: student.countParams(),
    };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  }
  await mpi.close();
}

await train(JSON.parse(process.argv[2]!) as TrainingTask);
