import { requireOptions } from "known-options";
import { AppendFile } from "tensorboard-events";
import { cutLog } from "./cut-log.ts";
import { LOG_CHECKS, LogCallback, type LogOptions, type LogPlace, type Numbers } from "./log-callback.ts";

/**
 * Returns a callback that logs a run as lines of JSON, one event each:
 *
 * - `{"event": "begin", "time", "step", "epoch", "epochs", "stepsPerEpoch", "batchSize", "settings"}`, or `resume`;
 * - `{"event": "step", "time", "step", "epoch", "batch", "size", "loss", …}`: the logs of `onBatchEnd`; steps count from 1;
 * - `{"event": "epoch", "time", "step", "epoch", "loss", "val_loss", …}`: the logs of `onEpochEnd`;
 * - `{"event": "end", "time", "step", "epoch"}`.
 *
 * Each step is logged once, even if a run is killed and resumed: lines after the point of resumption, and a line torn by a
 * crash, are first moved to `<path>.replaced`, as is the log of another run. NaN and infinities are the strings `NaN`,
 * `Infinity` and `-Infinity`; `time` is UTC. A log that cannot be opened, or a `path` of another file, ends the run before its
 * first step; later write errors are reported to `onProblem`, and leave no part of a line.
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
