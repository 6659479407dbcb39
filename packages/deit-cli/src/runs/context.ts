import type { BadImage } from "image-source";
import type { FlowerData } from "../data/open-data.ts";
import type { RunRanks } from "../ranks/run-ranks.ts";
import type { Settings } from "../settings/settings.ts";
import type { LineOutput } from "../terminal/live-line.ts";

/** A run's settings, data, output and folder. */
export interface RunContext {
  readonly settings: Settings;
  readonly data: FlowerData;
  readonly output: LineOutput;
  /** The run's own. */
  readonly folder: string;
  /** Stops the training under way after its step. */
  readonly signal?: AbortSignal;
  /** Processes that train together. Default: this one alone. */
  readonly ranks?: RunRanks;
  /** Called for each picture that is left out. */
  readonly onSkip: (bad: BadImage) => void;
}

/** The run as it is for a model that learns from labels alone: it has the pictures with a label only. */
export function onLabeled(context: RunContext): RunContext {
  return { ...context, data: { ...context.data, train: context.data.labeled } };
}

/** Reports each picture that is left out once, not in every epoch. */
export function reportOnce(output: LineOutput): (bad: BadImage) => void {
  const seen = new Set<string>();
  return ({ key, reason }) => {
    if (seen.has(key)) return;
    seen.add(key);
    output.write(`skipped ${key}: ${reason}\n`);
  };
}
