import { suggestion } from "known-options";
import { UsageError } from "../process/usage-error.ts";
import type { Edits } from "./edits.ts";
import { kebab } from "./kebab.ts";
import { OPTION_NAMES, optionOf } from "./option-table.ts";

/**
 * Options of the command line as edits of settings.
 *
 * @param options - By name, as typed: the values are not checked, except for names of choices.
 * @throws UsageError for a choice that does not exist, both units of the warm-up, a number of another loss, and a weight of hints that are off.
 */
export function editsOf(options: Readonly<Record<string, unknown>>): Edits {
  if (options.warmupSteps !== undefined && options.warmupEpochs !== undefined) {
    throw new UsageError("--warmup-steps and --warmup-epochs: expected one of the two, got both");
  }
  if (options.hints === "off" && options.hintWeight !== undefined) {
    throw new UsageError("--hint-weight: expected --hints with it, got --hints off");
  }
  for (const [option, loss] of [
    ["focalGamma", "focal"],
    ["bceThreshold", "bce"],
  ] as const) {
    if (options[option] !== undefined && options.loss !== undefined && options.loss !== loss)
      throw new UsageError(`--${kebab(option)}: expected --loss ${loss} with it, got --loss ${options.loss}`);
  }
  const edits: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) {
    const typed = options[name];
    if (typed === undefined) continue;
    const { path, kind, choices, value = (one) => one, also } = optionOf(name);
    if (choices !== undefined) edits[path] = choice(name, typed, choices);
    else edits[path] = value(kind === "text" ? String(typed) : typed);
    Object.assign(edits, also?.(typed));
  }
  return edits;
}

function choice(name: string, typed: unknown, choices: Readonly<Record<string, unknown>>): unknown {
  const names = Object.keys(choices);
  if (names.includes(String(typed))) return choices[String(typed)];
  const hint = suggestion(String(typed), names);
  throw new UsageError(`--${kebab(name)}: expected one of ${names.join(", ")}, got '${typed}'${hint}`);
}
