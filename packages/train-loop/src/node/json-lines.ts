import { requireOptions } from "known-options";
import { AppendFile } from "tensorboard-events";
import { cutLog } from "./cut-log.ts";
import { LOG_CHECKS, LogCallback, type LogOptions, type LogPlace, type Numbers } from "./log-callback.ts";

/**
 * A run's log as lines of JSON, one event each, in a file that only grows:
 *
 * - `{"event": "begin", "time", "step", "epoch", "epochs", "stepsPerEpoch", "batchSize", "settings"}`; `resume` where it
 *   goes on;
 * - `{"event": "step", "time", "step", "epoch", "batch", "size", "loss", …}`: all that `onBatchEnd` gets; steps count from 1;
 * - `{"event": "epoch", "time", "step", "epoch", "loss", "val_loss", …}`: all that `onEpochEnd` gets;
 * - `{"event": "end", "time", "step", "epoch"}`.
 *
 * Each step is in it once, also of a run that is killed and goes on: lines after the place where it goes on are moved to
 * `<path>.replaced` first, a line torn by a crash among them. Numbers that JSON lacks are the strings `NaN`, `Infinity` and
 * `-Infinity`; `time` is in UTC. A log that cannot be opened ends the run before its first step; one that cannot be written
 * later is told to `onProblem`, and no part of a line is left.
 *
 * @example
 * await trainer.fitDataset(data, { epochs: 20, callbacks: jsonLines("runs/1/log.jsonl", { settings: { seed: 1 } }) });
 */
export function jsonLines(path: string, options: LogOptions = {}): LogCallback {
  requireOptions("jsonLines", options, LOG_CHECKS);
  return new LogCallback(`jsonLines: '${path}'`, options, (start, { epochs, steps, batchSize }) => {
    const { lastStep } = cutLog(path, start);
    const file = new AppendFile(path);
    const write = (event: string, place: LogPlace, more: Readonly<Record<string, unknown>> = {}): void => {
      const line = { event, time: new Date().toISOString(), ...place, ...more };
      file.append(Buffer.from(`${JSON.stringify(line, named)}\n`));
    };
    const { settings = {} } = options;
    const missing = lastStep !== undefined &&
      lastStep < start.step && { stepsMissing: start.step - lastStep };
    write(lastStep === undefined ? "begin" : "resume", start, {
      ...{ epochs, stepsPerEpoch: steps, batchSize },
      ...missing,
      settings,
    });
    return {
      onStep: (place, batch, logs: Numbers) => write("step", place, { ...logs, batch }),
      onEpoch: (place, logs) => write("epoch", place, logs),
      onEnd: (place) => write("end", place),
      flush: (how) => file.flush(how),
      get pending() {
        return file.pending;
      },
    };
  });
}

function named(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
