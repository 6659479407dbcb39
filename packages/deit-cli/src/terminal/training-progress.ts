import type * as tfl from "@tensorflow/tfjs-layers";
import { RunMeter, type StepFigures } from "train-loop";
import { duration, percent, rate } from "./format.ts";
import { type LineOutput, liveLine } from "./live-line.ts";

/** Options of {@link trainingProgress}. */
export interface ProgressOptions {
  readonly label: string;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly output: LineOutput;
  /** Epochs between lines that stay. Default 1. */
  readonly lineEvery?: number;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
}

/**
 * A callback that shows step, loss, accuracy, images per second, share of time waiting for data, and time left. One line per epoch
 * stays.
 */
export function trainingProgress(options: ProgressOptions): tfl.CustomCallbackArgs {
  const { label, epochs, stepsPerEpoch, output, lineEvery = 1, now = () => performance.now() } = options;
  const line = liveLine(output, now);
  const total = epochs * stepsPerEpoch;
  const meter = new RunMeter();
  let start = 0;
  let done = 0; // steps of the whole run; the meter counts those of this process
  let epoch = { index: 0, batches: 0, judged: 0, loss: 0, correct: 0 };

  const left = (): string => {
    const seconds = meter.secondsFor(total - done, (now() - start) / 1000);
    return seconds === undefined ? "–" : duration(1000 * seconds);
  };
  const text = (middle: string): string => {
    const speed = `${rate(meter.imagesPerSecond)} images/s (${percent(meter.waitingShare)} waiting for data)`;
    return `${label}  epoch ${epoch.index + 1}/${epochs}  ${middle}  ${speed}  ${left()} left`;
  };

  return {
    onTrainBegin: () => {
      start = now();
    },
    onEpochBegin: (index) => {
      epoch = { index, batches: 0, judged: 0, loss: 0, correct: 0 };
    },
    onBatchEnd: (index, logs = {}) => {
      const figures = logs as unknown as StepFigures & { loss: number; accuracy?: number };
      const { size, labeled = size, loss, accuracy } = figures;
      meter.add(figures);
      done = epoch.index * stepsPerEpoch + index + 1;
      epoch.batches += 1;
      epoch.loss += loss;
      if (accuracy !== undefined) {
        epoch.judged += labeled; // a batch without a label has no accuracy
        epoch.correct += accuracy * labeled;
      }
      line.update(() => {
        const means = `loss ${(epoch.loss / epoch.batches).toFixed(4)}  ${accuracyText(epoch.judged === 0 ? undefined : epoch.correct / epoch.judged)}`;
        return text(`step ${index + 1}/${stepsPerEpoch}  ${means}`);
      });
    },
    onEpochEnd: (index, logs = {}) => {
      if ((index + 1) % lineEvery !== 0 && index + 1 !== epochs) return;
      const { loss, accuracy, val_accuracy: held } = logs as Record<string, number>;
      const validation = held === undefined ? "" : `  validation ${percent(held)}`;
      line.finish(text(`loss ${loss!.toFixed(4)}  ${accuracyText(accuracy)}${validation}`));
    },
  };
}

function accuracyText(accuracy: number | undefined): string {
  return `accuracy ${accuracy === undefined ? "–" : percent(accuracy)}`;
}
