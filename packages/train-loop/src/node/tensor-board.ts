import { FUNCTION, optional, requireOptions } from "known-options";
import { EventFile, image, type Pixels, scalar, text } from "tensorboard-events";
import { LOG_CHECKS, LogCallback, type LogOptions, type Numbers } from "./log-callback.ts";

/** An image and its tag in TensorBoard: `view/daisy` is `daisy` in the group `view`. Groups are sorted by name. */
export interface NamedPixels extends Pixels {
  readonly name: string;
}

/** Options of {@link tensorBoard}. */
export interface TensorBoardOptions extends LogOptions {
  /** Returns images to show after an epoch: samples, attention maps, … Called after validation; its errors end the run. */
  readonly images?: (epoch: number) => readonly NamedPixels[] | Promise<readonly NamedPixels[]>;
}

/** Logs that are not results of a step. */
const BOOKKEEPING = new Set(["batch", "size", "labeled", "waitSeconds", "computeSeconds"]);

/**
 * Returns a callback that logs a run for TensorBoard; `folder` is the run.
 *
 * It logs for each epoch `train/loss`, `train/accuracy`, … and `validation/loss`, `validation/accuracy`, `validation/ema_accuracy`, …;
 * for each step `within_epoch/loss`, `within_epoch/learningRate`, `within_epoch/gradientNorm`, …, `within_epoch/imagesPerSecond` and
 * `within_epoch/waitingShare` (for data, in [0, 1]); the settings as text; and images. TensorBoard sorts groups by name and opens
 * the first two: the curves. All are over optimizer steps, counted from 1. A resumed run adds a file with the same tags, and
 * TensorBoard drops the repeated steps of earlier ones. A log that cannot be opened ends the run before its first step; later write errors are reported to
 * `onProblem`, and leave no part of a record.
 *
 * @example
 * await trainer.fitDataset(data, { epochs: 20, callbacks: tensorBoard("runs/1") });
 * // tensorboard --logdir runs
 */
export function tensorBoard(folder: string, options: TensorBoardOptions = {}): LogCallback {
  requireOptions("tensorBoard", options, { ...LOG_CHECKS, images: optional(FUNCTION) });
  const { settings, images } = options;
  return new LogCallback(`tensorBoard: '${folder}'`, options, ({ step: taken }) => {
    const file = new EventFile(folder, { restartAt: taken === 0 ? 0 : taken + 1 });
    if (settings !== undefined) file.add(taken, [text("settings", markdownTable(settings))]);
    return {
      onStep: ({ step }, _, logs) => file.add(step, [...scalars(stepTag, logs), ...speed(logs)]),
      async onEpoch({ step, epoch }, logs) {
        const pictures = (await images?.(epoch)) ?? [];
        file.add(step, [...scalars(epochTag, logs), ...pictures.map((it) => image(it.name, it))]);
      },
      onEnd: () => {},
      flush: (how) => file.flush(how),
      get pending() {
        return file.pending;
      },
    };
  });
}

function scalars(tagOf: (name: string) => string, logs: Numbers) {
  const shown = Object.entries(logs).filter(([name]) => !BOOKKEEPING.has(name));
  return shown.map(([name, value]) => scalar(tagOf(name), value));
}

const epochTag = (name: string): string =>
  name.startsWith("val_") ? `validation/${name.slice("val_".length)}` : `train/${name}`;

const stepTag = (name: string): string => `within_epoch/${name}`;

/** Returns the speed, or nothing if the steps' times are unknown, as in tfjs' own `fit`. */
function speed({ size, waitSeconds, computeSeconds }: Numbers) {
  if (size === undefined || waitSeconds === undefined || computeSeconds === undefined) return [];
  const seconds = waitSeconds + computeSeconds;
  return [
    scalar(stepTag("imagesPerSecond"), size / seconds),
    scalar(stepTag("waitingShare"), waitSeconds / seconds),
  ];
}

function markdownTable(settings: Readonly<Record<string, unknown>>): string {
  const rows = Object.entries(settings).filter(([, value]) => value !== undefined);
  const cells = rows.map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const escaped = cells.map((row) => `| ${row.map((cell) => cell!.replaceAll("|", "\\|")).join(" | ")} |`);
  return ["| setting | value |", "| --- | --- |", ...escaped].join("\n");
}
