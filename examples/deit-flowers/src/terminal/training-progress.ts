import type * as tfl from "@tensorflow/tfjs-layers";
import { duration, percent, rate } from "./format.ts";
import { type LineOutput, liveLine } from "./live-line.ts";

/** What is being trained, for {@link trainingProgress}. */
export interface ProgressOptions {
  readonly label: string;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly output: LineOutput;
  /** Show every so many epochs as a line that stays. Default 1. */
  readonly lineEvery?: number;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
}

/** A callback that shows progress. */
export interface TrainingProgress extends tfl.CustomCallbackArgs {
  /** Mean training images a second so far: waits for data included, validation not. */
  imagesPerSecond(): number;
}

/** Live progress of a training: step, loss, accuracy, images a second, time left; one line an epoch stays. */
export function trainingProgress(options: ProgressOptions): TrainingProgress {
  const { label, epochs, stepsPerEpoch, output, lineEvery = 1, now = () => performance.now() } = options;
  const line = liveLine(output, now);
  const total = epochs * stepsPerEpoch;
  let [start, mark, steps, samples, trainingMs] = [0, 0, 0, 0, 0];
  let done = 0; // of all steps: more than `steps` in a run that goes on
  let epoch = { index: 0, batches: 0, samples: 0, loss: 0, correct: 0 };

  const imagesPerSecond = (): number => (trainingMs > 0 ? samples / (trainingMs / 1000) : 0);
  const left = (): string => (steps === 0 ? "–" : duration(((now() - start) / steps) * (total - done)));
  const text = (middle: string): string =>
    `${label}  epoch ${epoch.index + 1}/${epochs}  ${middle}  ${rate(imagesPerSecond())} images/s  ${left()} left`;

  return {
    imagesPerSecond,
    onTrainBegin: () => {
      start = now();
    },
    onEpochBegin: (index) => {
      epoch = { index, batches: 0, samples: 0, loss: 0, correct: 0 };
      mark = now();
    },
    onBatchEnd: (index, logs = {}) => {
      trainingMs += now() - mark;
      mark = now();
      const { size, loss, accuracy } = logs as { size: number; loss: number; accuracy: number };
      steps += 1;
      done = epoch.index * stepsPerEpoch + index + 1;
      samples += size;
      epoch.batches += 1;
      epoch.samples += size;
      epoch.loss += loss;
      epoch.correct += accuracy * size;
      line.update(() => {
        const means = `loss ${(epoch.loss / epoch.batches).toFixed(4)}  accuracy ${percent(epoch.correct / epoch.samples)}`;
        return text(`step ${index + 1}/${stepsPerEpoch}  ${means}`);
      });
    },
    onEpochEnd: (index, logs = {}) => {
      if ((index + 1) % lineEvery !== 0 && index + 1 !== epochs) return;
      const { loss, accuracy, val_accuracy: held } = logs as Record<string, number>;
      const validation = held === undefined ? "" : `  validation ${percent(held)}`;
      line.finish(text(`loss ${loss!.toFixed(4)}  accuracy ${percent(accuracy!)}${validation}`));
    },
  };
}
