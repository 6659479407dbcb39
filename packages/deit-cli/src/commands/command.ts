import type { OptionName } from "../options/option-help.ts";
import type { LineOutput } from "../terminal/live-line.ts";

/** One command of the program. */
export interface Command {
  readonly name: string;
  /** One sentence, without a full stop. */
  readonly what: string;
  /** What may follow its name: one, or any number. */
  readonly argument?: { readonly name: string; readonly many: boolean };
  readonly options: readonly OptionName[];
  /** What follows `npx pnpm@12 start`. */
  readonly examples: readonly string[];
  readonly run: (call: Call) => Promise<unknown>;
}

/** A command as it was called. */
interface Call {
  readonly args: readonly string[];
  /** By name; not checked but for their names. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly output: LineOutput;
  /** Stops what is under way after its step. */
  readonly signal?: AbortSignal;
}
