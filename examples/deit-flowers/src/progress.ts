import type * as tfl from "@tensorflow/tfjs-layers";

/** Where progress goes. */
export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What is being trained, for {@link trainingProgress}. */
export interface ProgressOptions {
  readonly label: string;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly output?: ProgressOutput;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
}

const LINE_EVERY_MS = 5000;
const REDRAW_EVERY_MS = 100;

/**
 * Live progress of a training as a callback: one line that is redrawn on a terminal, plain lines elsewhere.
 *
 * @returns The callback, and the mean training images per second so far, validation and data waits included.
 */
export function trainingProgress(
  options: ProgressOptions,
): tfl.CustomCallbackArgs & { imagesPerSecond(): number } {
  const { label, epochs, stepsPerEpoch, output = process.stdout, now = () => performance.now() } = options;
  const total = epochs * stepsPerEpoch;
  const isTerminal = output.isTTY === true;
  let epoch = 0;
  let steps = 0;
  let samples = 0;
  let trainingMs = 0;
  let epochStart = 0;
  let lastShown = 0;
  let start = 0;
  const running = { loss: 0, accuracy: 0, samples: 0, batches: 0 };

  const show = (text: string, isLast: boolean): void => {
    const line = `${label}  epoch ${epoch + 1}/${epochs}  ${text}`;
    if (!isTerminal) output.write(`${line}\n`);
    else output.write(`\r${line.slice(0, (output.columns ?? 120) - 1)}\x1b[K${isLast ? "\n" : ""}`);
    lastShown = now();
  };
  const rate = (): number => samples / ((trainingMs + now() - epochStart) / 1000);

  return {
    imagesPerSecond: () => (trainingMs > 0 ? samples / (trainingMs / 1000) : 0),
    onTrainBegin: () => {
      start = now();
      lastShown = start;
    },
    onEpochBegin: (index) => {
      epoch = index;
      epochStart = now();
      Object.assign(running, { loss: 0, accuracy: 0, samples: 0, batches: 0 });
    },
    onBatchEnd: (_, logs = {}) => {
      steps += 1;
      const size = logs.size as number;
      samples += size;
      running.samples += size;
      running.batches += 1;
      running.loss += logs.loss as number;
      running.accuracy += (logs.accuracy as number) * size;
      if (now() - lastShown < (isTerminal ? REDRAW_EVERY_MS : LINE_EVERY_MS)) return;
      const left = ((now() - start) / steps) * (total - steps);
      const loss = (running.loss / running.batches).toFixed(4);
      const accuracy = percent(running.accuracy / running.samples);
      show(
        `step ${running.batches}/${stepsPerEpoch}  loss ${loss}  accuracy ${accuracy}  ` +
          `${rate().toFixed(0)} images/s  ${duration(left)} left`,
        false,
      );
    },
    onEpochEnd: (_, logs = {}) => {
      trainingMs += now() - epochStart;
      epochStart = now();
      const validation =
        logs.val_accuracy === undefined ? "" : `  validation ${percent(logs.val_accuracy as number)}`;
      const left = ((now() - start) / steps) * (total - steps);
      show(
        `loss ${(logs.loss as number).toFixed(4)}  accuracy ${percent(logs.accuracy as number)}${validation}  ` +
          `${(samples / (trainingMs / 1000)).toFixed(0)} images/s  ${duration(left)} left`,
        true,
      );
    },
  };
}

/** `0.713` → `71.3%`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** Milliseconds as `0:42` or `1:02:03`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}
