import type { Edits } from "../options/edits.ts";
import type { OptionName } from "../options/option-table.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import type { UseSettings } from "./use-settings.ts";

/** One command of the program. */
export interface Command {
  readonly name: string;
  /** One sentence, without a full stop. */
  readonly what: string;
  /** What may follow its name: one, or any number. */
  readonly argument?: { readonly name: string; readonly many: boolean };
  readonly options: readonly OptionName[];
  /** Groups of settings that a configuration file may have beside the options' own. Default: none. */
  readonly settings?: readonly string[];
  /** What follows `npx pnpm@12 start`. */
  readonly examples: readonly string[];
  readonly run: (call: Call) => Promise<unknown>;
}

/** A command as it was called. */
interface Call {
  readonly args: readonly string[];
  /** What is changed in the settings, by path; the values are not checked. */
  readonly edits: Edits;
  readonly use: UseSettings;
  readonly output: LineOutput;
  /** Stops what is under way after its step. */
  readonly signal?: AbortSignal;
}
