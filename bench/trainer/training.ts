// One training in a process of its own, so that its peak of memory is its own: prints what it measured as JSON.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proceduralFlowers } from "flowers-data/node";
import { imageSource } from "image-source/node";
import type { BatchLogs } from "train-loop";
import { folderStorage } from "train-loop/node";
import { median } from "../measure.ts";
import { start, trainer } from "./student.ts";

/** A training to measure. */
export interface TrainingTask {
  readonly replicas: number;
  readonly batchSize: number;
  /** Timed ones; one more comes before them. */
  readonly steps: number;
  /** Default: what the trainer chooses. */
  readonly microBatchSize?: number;
  readonly kernels: boolean;
  /** Save after the last step, average included. */
  readonly checkpoint: boolean;
}

/** Figures of a training. */
export interface TrainingFigures {
  /** Rate of the median step, waiting for data included. */
  readonly imagesPerSecond: number;
  /** Share of the timed steps' time that was spent waiting for data. */
  readonly waiting: number;
  /** Bytes, of the whole process. */
  readonly peakRss: number;
  readonly checkpoint?: { readonly milliseconds: number; readonly bytes: number };
}

const SIDE = 224;

async function train(task: TrainingTask): Promise<TrainingFigures> {
  const { replicas, batchSize, steps, microBatchSize, kernels } = task;
  await start(kernels);
  const store = await proceduralFlowers({ count: batchSize * (steps + 1), size: 256, seed: 1 });
  const source = imageSource(store, { batchSize, imageSize: SIDE, training: true, seed: 1, workers: 1 });
  const distiller = trainer();
  const folder = await mkdtemp(join(tmpdir(), "bench-trainer-"));
  const [seconds, waits]: [number[], number[]] = [[], []];
  let checkpoint: TrainingFigures["checkpoint"];
  await distiller.fitDataset(source, {
    epochs: 1,
    replicas,
    ...(replicas > 1 && { setup: { module: new URL("./student.ts", import.meta.url), data: { kernels } } }),
    ...(microBatchSize !== undefined && { microBatchSize }),
    ...(task.checkpoint && {
      checkpoint: {
        storage: folderStorage(folder),
        onEvent: (event) => {
          if (event.kind === "saved") checkpoint = { milliseconds: event.milliseconds, bytes: event.bytes };
        },
      },
    }),
    callbacks: {
      onBatchEnd: async (_, logs) => {
        const { waitSeconds = 0, computeSeconds = 0 } = logs as BatchLogs;
        seconds.push(waitSeconds + computeSeconds);
        waits.push(waitSeconds);
      },
    },
  });
  await source.close();
  await rm(folder, { recursive: true });
  const sum = (list: readonly number[]) => list.reduce((total, x) => total + x, 0);
  return {
    imagesPerSecond: batchSize / median(seconds.slice(1)),
    waiting: sum(waits.slice(1)) / sum(seconds.slice(1)),
    peakRss: process.resourceUsage().maxRSS * 1024,
    ...(checkpoint !== undefined && { checkpoint }),
  };
}

process.stdout.write(`${JSON.stringify(await train(JSON.parse(process.argv[2]!)))}\n`);
