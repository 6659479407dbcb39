import { BOOLEAN, type Checks, COUNT, check, oneOf, optional, requireOptions, STRING } from "known-options";
import type { ModelUse } from "../models/open-model.ts";
import { PIXELS } from "../models/pixels.ts";
import { checked } from "../options/checked.ts";
import type { Edits } from "../options/edits.ts";

/** Options of single commands; `pixels` and `outputs` replace what a saved model says of itself. */
export interface UseSettings extends ModelUse {
  /** Saved model or run. Default: the newest run. */
  readonly model?: string;
  readonly split?: "held-out" | "test" | "all";
  readonly json: boolean;
  /** Classes shown per photo. */
  readonly top: number;
  /** PNG or folder. */
  readonly attention?: string;
  /** CSV of what each model says of each picture. */
  readonly csv?: string;
  readonly html?: string;
  /** Contact sheet, `.png` or `.html`. */
  readonly sheet?: string;
  /** Pictures per class on the sheet. */
  readonly perClass: number;
}

const CHECKS: Checks<UseSettings> = {
  model: optional(STRING),
  pixels: optional(oneOf(...PIXELS)),
  outputs: optional(oneOf("logits", "probabilities", "sigmoid")),
  split: optional(oneOf("held-out", "test", "all")),
  json: BOOLEAN,
  top: COUNT,
  attention: optional(STRING),
  csv: optional(STRING),
  html: optional(STRING),
  sheet: optional(STRING),
  perClass: check("an integer in [1, 100]", (value) => COUNT.fits(value) && Number(value) <= 100),
};

/** @throws UsageError naming the option, what was expected and what was given. */
export function useSettings(edits: Edits): UseSettings {
  const given = Object.entries(edits).map(([path, value]) => [path.slice("use.".length), value]);
  const settings = { json: false, top: 5, perClass: 10, ...Object.fromEntries(given) } as UseSettings;
  checked(() => requireOptions("use", settings, CHECKS));
  return settings;
}
