import { type Check, check } from "known-options";
import type { VitConfig } from "../config.ts";
import { requireConfig, requireDistilledConfig } from "../require-config.ts";
import { refused, sizeTo } from "./fields.ts";
import { parameterCount } from "./parameter-count.ts";

/** Largest number of parameters of a file's model: twice DINOv2's giant. */
const MOST_PARAMETERS = 2 ** 31;

/** Checks of sizes in files. The largest published vision transformers are far below. */
export const SIZES: Readonly<
  Record<"dim" | "depth" | "heads" | "hidden" | "pixels" | "channels" | "registers", Check>
> = {
  dim: sizeTo(2 ** 14),
  depth: sizeTo(2 ** 10),
  heads: sizeTo(2 ** 10),
  hidden: sizeTo(2 ** 17),
  pixels: sizeTo(2 ** 14),
  channels: sizeTo(2 ** 10),
  registers: check("an integer in [0, 1024]", (value) => value === 0 || sizeTo(2 ** 10).fits(value)),
};

/** Largest number of classes in a file. */
export const MOST_CLASSES: number = 2 ** 20;
/** Check of a number of classes; 0 is the features. */
export const CLASSES: Check = check(
  `an integer in [0, ${MOST_CLASSES}]`,
  (value) => value === 0 || sizeTo(MOST_CLASSES).fits(value),
);

/** Rejects a file's config that is not valid, or too large together. */
export function requireSane(caller: string, config: VitConfig, distilled: boolean): void {
  (distilled ? requireDistilledConfig : requireConfig)(caller, config);
  const count = parameterCount(config, distilled);
  if (count > MOST_PARAMETERS) throw refused(caller, `at most ${MOST_PARAMETERS} parameters`, count);
}
