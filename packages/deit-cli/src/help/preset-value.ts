import { isDeepStrictEqual } from "node:util";
import { type OptionName, optionOf } from "../options/option-table.ts";
import type { PresetSettings } from "../settings/presets.ts";

/**
 * What one would type to get a preset's value of an option.
 *
 * @returns `undefined` where the preset has none, or the option is a switch.
 */
export function presetValue(
  name: OptionName,
  { run, data, model, recipe }: PresetSettings,
): string | undefined {
  const { path, kind, choices, typed } = optionOf(name);
  if (kind === "switch" || path.startsWith("use.")) return undefined;
  const value = at({ run, data, model, recipe }, path);
  if (typed !== undefined) return typed(value);
  if (choices !== undefined) {
    const names = Object.keys(choices);
    return names.find((one) => isDeepStrictEqual(choices[one], value)) ?? namedByKind(choices, value);
  }
  return value === undefined ? undefined : String(value);
}

/** The choice of the same `kind`: a distillation of another temperature is still `soft`. */
function namedByKind(choices: Readonly<Record<string, unknown>>, value: unknown): string | undefined {
  const kind = at(value, "kind");
  return kind === undefined
    ? undefined
    : Object.keys(choices).find((one) => at(choices[one], "kind") === kind);
}

function at(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (one, key) =>
        typeof one === "object" && one !== null ? (one as Record<string, unknown>)[key] : undefined,
      value,
    );
}
