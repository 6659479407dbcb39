import type { Edits } from "../options/edits.ts";
import type { OptionName } from "../options/option-table.ts";
import type { RunRanks } from "../ranks/run-ranks.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import type { UseSettings } from "./use-settings.ts";

/** One command of the program. */
export interface Command {
  readonly name: string;
  /** One sentence, without a full stop. */
  readonly what: string;
  /** Arguments behind the name: one, or any number. */
  readonly argument?: { readonly name: string; readonly many: boolean };
  readonly options: readonly OptionName[];
  /** Groups of settings that a configuration file may have beside the options' own. Default: none. */
  readonly settings?: readonly string[];
  /** The settings that hold where an option is not given: a preset's (default), or the run's that the command reads. */
  readonly settingsOf?: "preset" | "run";
  /** Command lines, without `npx pnpm@12 start`. */
  readonly examples: readonly string[];
  /** Lines below the examples. */
  readonly notes?: readonly string[];
  /** Whether several processes may run it together. Default false. */
  readonly trainsOnRanks?: true;
  readonly run: (call: Call) => Promise<unknown>;
}

/** Arguments of one call. */
export interface Call {
  readonly args: readonly string[];
  /** Changes of settings, by path; the values are not checked. */
  readonly edits: Edits;
  readonly use: UseSettings;
  readonly output: LineOutput;
  /** Stops the command after the step under way. */
  readonly signal?: AbortSignal;
  /** Processes that train together; this one is rank 0. Default: this one alone. */
  readonly ranks?: RunRanks;
}
