import type * as tfl from "@tensorflow/tfjs-layers";
import { RunMeter, type StepFigures } from "train-loop";
import { fitted, type LinePart } from "./fitted.ts";
import { duration, percent, rate } from "./format.ts";
import { type LineOutput, liveLine } from "./live-line.ts";
import { TimeLeft } from "./time-left.ts";

/** Share of time waiting for data from which it is shown. */
const WAITING = 0.05;

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
 * A callback that shows time left, step, loss, accuracy, images per second, and a share of time waiting for data that is worth a
 * word. One line per epoch stays. On a narrow terminal the last of these are left out.
 */
export function trainingProgress(options: ProgressOptions): tfl.CustomCallbackArgs {
  const { label, epochs, stepsPerEpoch, output, lineEvery = 1, now = () => performance.now() } = options;
  const line = liveLine(output, now);
  const timeLeft = new TimeLeft(now);
  let meter = new RunMeter();
  let epoch = { index: 0, batches: 0, judged: 0, loss: 0, correct: 0 };

  const text = (step: number, middle: readonly LinePart[]): string => {
    const steps = (epochs - epoch.index) * stepsPerEpoch - step;
    const left = timeLeft.left(steps, epochs - epoch.index - (step === stepsPerEpoch ? 1 : 0));
    const waiting = meter.waitingShare;
    const place = `${epoch.index + 1}/${epochs}`;
    const parts = [
      { text: left === undefined ? "– left" : `${duration(left)} left`, rank: 0 },
      { text: label, rank: 0 },
      { text: `epoch ${place}`, short: place, rank: 0 },
      ...middle,
      { text: `${rate(meter.imagesPerSecond)} images/s`, rank: 2 },
      { text: waiting < WAITING ? "" : `${percent(waiting)} waiting for data`, rank: 5 },
    ];
    return fitted(parts, lineWidth(output));
  };

  return {
    onTrainBegin: () => {
      line.show(fitted([{ text: `${label}  first step …`, rank: 0 }], lineWidth(output)));
    },
    onEpochBegin: (index) => {
      timeLeft.beginEpoch();
      epoch = { index, batches: 0, judged: 0, loss: 0, correct: 0 };
    },
    onBatchEnd: (index, logs = {}) => {
      const figures = logs as unknown as StepFigures & { loss: number; accuracy?: number };
      const { size, labeled = size, loss, accuracy } = figures;
      if (timeLeft.steps === 1) meter = new RunMeter(); // without the first step, in which threads start
      meter.add(figures);
      timeLeft.endStep();
      epoch.batches += 1;
      epoch.loss += loss;
      if (accuracy !== undefined) {
        epoch.judged += labeled; // a batch without a label has no accuracy
        epoch.correct += accuracy * labeled;
      }
      line.update(() =>
        text(index + 1, [
          { text: `step ${index + 1}/${stepsPerEpoch}`, rank: 4 },
          { text: `loss ${(epoch.loss / epoch.batches).toFixed(4)}`, rank: 3 },
          { text: accuracyText(epoch.judged === 0 ? undefined : epoch.correct / epoch.judged), rank: 1 },
        ]),
      );
    },
    onEpochEnd: (index, logs = {}) => {
      timeLeft.endEpoch();
      if ((index + 1) % lineEvery !== 0 && index + 1 !== epochs) return;
      const { loss, accuracy, val_accuracy: held } = logs as Record<string, number>;
      line.finish(
        text(stepsPerEpoch, [
          { text: `loss ${loss!.toFixed(4)}`, rank: 4 },
          { text: accuracyText(accuracy), rank: 3 },
          ...(held === undefined
            ? []
            : [{ text: `validation ${percent(held)}`, short: `val ${percent(held)}`, rank: 0 }]),
        ]),
      );
    },
  };
}

/** A terminal's columns but the last; elsewhere lines are as long as they are. */
function lineWidth({ isTTY, columns = 80 }: LineOutput): number {
  return isTTY === true ? columns - 1 : Number.POSITIVE_INFINITY;
}

function accuracyText(accuracy: number | undefined): string {
  return `accuracy ${accuracy === undefined ? "–" : percent(accuracy)}`;
}
