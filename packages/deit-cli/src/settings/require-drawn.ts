import type { Edits } from "../options/edits.ts";
import { kebab } from "../options/kebab.ts";
import { type OptionName, optionOf } from "../options/option-table.ts";
import { UsageError } from "../process/usage-error.ts";

const OF_DRAWN = ["count", "heldOut", "dataSeed"] as const satisfies readonly OptionName[];

/**
 * Refuses options of drawn flowers for photos.
 *
 * @param given - What was typed.
 * @param settings - With the data's `path` and `download`.
 * @throws UsageError naming the option.
 */
export function requireDrawn(given: Edits, settings: Edits): void {
  const isOfFile = (settings["data.path"] ?? undefined) !== undefined;
  if (!isOfFile && settings["data.download"] !== true) return;
  const wrong = OF_DRAWN.find((name) => (given[optionOf(name).path] ?? undefined) !== undefined);
  if (wrong === undefined) return;
  throw new UsageError(
    `--${kebab(wrong)}: expected drawn flowers with it, got ${isOfFile ? "--data" : "--download"}`,
  );
}
