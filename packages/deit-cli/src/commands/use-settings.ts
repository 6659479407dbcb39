import { extname } from "node:path";
import type { TestViews } from "distill-trainer";
import {
  BOOLEAN,
  type Checks,
  COUNT,
  check,
  FRACTION,
  oneOf,
  optional,
  requireOptions,
  STRING,
} from "known-options";
import { PIXELS } from "open-classifier";
import { type ExportFormat, FORMATS as FORMATS_OF_EXPORT } from "vit-export";
import type { ModelUse } from "../models/open-model.ts";
import { checked } from "../options/checked.ts";
import type { Edits } from "../options/edits.ts";
import { UsageError } from "../process/usage-error.ts";

/** Options of single commands; `pixels` and `outputs` replace what a saved model says of itself. */
export interface UseSettings extends ModelUse {
  /** Saved model or run. Default: the newest run. */
  readonly model?: string;
  readonly split?: "held-out" | "test" | "all";
  readonly json: boolean;
  /** Whether the report is opened in the browser. Default false. */
  readonly open?: boolean;
  /** Classes per photo. Default: 5 in text and CSV, all in JSON. */
  readonly top?: number;
  /** Probability above which a class is shown, of a model of several labels. Default 0.5. */
  readonly threshold?: number;
  /** Form of the output. Default: by the file's extension, else text. */
  readonly format?: Format;
  /** File that is written in place of the terminal. */
  readonly output?: string;
  /** Views of each picture whose probabilities are averaged. Default: one. */
  readonly tta?: TestViews;
  /** Layer whose outputs are features. Default: the head's input. */
  readonly layer?: string;
  /** Neighbors that vote. Default: none are asked. */
  readonly knn?: number;
  /** Photos that vote. Default: the others of the same. */
  readonly knnPhotos?: string;
  /** PNG or folder. */
  readonly attention?: string;
  /** CSV of what each model says of each picture. */
  readonly csv?: string;
  readonly html?: string;
  /** Folder that a model is exported to. */
  readonly to?: string;
  /** Whether a file with products in 8 bits is exported too. Default false. */
  readonly int8?: boolean;
  /** Formats that are exported. Default: all that hold the model. */
  readonly formats?: readonly ExportFormat[];
  /** License of an exported model. */
  readonly license?: string;
  /** Contact sheet, `.png` or `.html`. */
  readonly sheet?: string;
  /** Pictures per class on the sheet. */
  readonly perClass: number;
}

/** Forms of the output, by command. */
const FORMATS = {
  predict: ["text", "json", "jsonl", "csv"],
  embed: ["safetensors", "npz", "csv"],
} as const;
type Format = (typeof FORMATS)[keyof typeof FORMATS][number];

/**
 * A `--format` that the command has.
 *
 * @throws UsageError naming those that it has, or for another than that of the extension of `--output`.
 */
export function requireFormat<Name extends keyof typeof FORMATS>(
  command: Name,
  format: Format | undefined,
  output: string | undefined,
): (typeof FORMATS)[Name][number] | undefined {
  const own: readonly (Format | undefined)[] = [undefined, ...FORMATS[command]];
  const extension =
    output === undefined ? "" : extname(output).slice(1).toLowerCase().replace("ndjson", "jsonl");
  const told = FORMATS[command].find((one) => one === extension);
  if (own.includes(format) && format !== undefined && told !== undefined && told !== format)
    throw new UsageError(
      `--format: expected ${told}, as '${output}' ends, or a file with another ending, got ${format}`,
    );
  if (own.includes(format)) return format as (typeof FORMATS)[Name][number] | undefined;
  throw new UsageError(`--format: expected one of ${FORMATS[command].join(", ")}, got '${format}'`);
}

const CHECKS: Checks<UseSettings> = {
  model: optional(STRING),
  pixels: optional(oneOf(...PIXELS)),
  outputs: optional(oneOf("logits", "probabilities", "sigmoid")),
  split: optional(oneOf("held-out", "test", "all")),
  json: BOOLEAN,
  open: optional(BOOLEAN),
  top: optional(COUNT),
  threshold: optional(FRACTION),
  format: optional(oneOf(...FORMATS.predict, "safetensors", "npz")),
  output: optional(STRING),
  tta: optional(oneOf("flip", "five", "ten")),
  layer: optional(STRING),
  knn: optional(COUNT),
  knnPhotos: optional(STRING),
  attention: optional(STRING),
  csv: optional(STRING),
  html: optional(STRING),
  to: optional(STRING),
  int8: optional(BOOLEAN),
  formats: optional(
    check(
      `a list of ${FORMATS_OF_EXPORT.join(", ")}`,
      (value) => Array.isArray(value) && value.every((one) => FORMATS_OF_EXPORT.includes(one)),
    ),
  ),
  license: optional(
    check(
      "an identifier such as apache-2.0",
      (value) => typeof value === "string" && /^[a-z0-9.+-]+$/.test(value),
    ),
  ),
  sheet: optional(STRING),
  perClass: check("an integer in [1, 100]", (value) => COUNT.fits(value) && Number(value) <= 100),
};

/** @throws UsageError naming the option, what was expected and what was given. */
export function useSettings(edits: Edits): UseSettings {
  const given = Object.entries(edits).map(([path, value]) => [path.slice("use.".length), value]);
  const settings = { json: false, perClass: 10, ...Object.fromEntries(given) } as UseSettings;
  checked(() => requireOptions("use", settings, CHECKS));
  return settings;
}
