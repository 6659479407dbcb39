import type { Edits } from "../options/edits.ts";
import { kebab } from "../options/kebab.ts";
import { type OptionName, optionOf } from "../options/option-table.ts";
import { UsageError } from "../process/usage-error.ts";
import type { DataSettings } from "./settings.ts";

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

const OF_PHOTOS = ["labelsFile", "nestedClasses", "valData", "valSplit"] as const;

/**
 * Refuses settings of photos for drawn flowers, and two that say which are held out.
 *
 * @throws UsageError naming the option.
 */
export function requirePhotos(data: DataSettings): void {
  const wrong = OF_PHOTOS.find((name) => data[name] !== undefined);
  if (wrong !== undefined && data.path === undefined && !data.download)
    throw new UsageError(`--${kebab(wrong)}: expected --data or --download with it, got drawn flowers`);
  if (data.valData !== undefined && data.valSplit !== undefined)
    throw new UsageError("--val-data and --val-split: expected one of the two, got both");
}
