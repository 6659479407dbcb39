import type { Preprocessing } from "deit-model";
import { BOOLEAN, type Check, type Checks, check, OBJECT, optional, POSITIVE } from "known-options";

/** Programs that a folder is for. */
export type ExportFormat = "huggingface" | "timm" | "onnx" | "tfjs";

/** All formats, in the order in which cards name them. */
export const FORMATS: readonly ExportFormat[] = ["huggingface", "timm", "onnx", "tfjs"];

/** Options of {@link exportFiles}. */
export interface ExportOptions {
  /** Names of the classes, in the order of the logits. Two may be equal, as two of ImageNet's are. */
  readonly classNames: readonly string[];
  /** What pictures go through before the model, as other programs are to do it. */
  readonly preprocessing: Preprocessing;
  /** Whether a picture may have several classes, so that programs take a sigmoid of each logit. Default false. */
  readonly multiLabel?: boolean;
  /** Temperature of a calibration: the exported logits are the model's divided by it. Default 1. */
  readonly temperature?: number;
  /** Formats to write; one that cannot hold the model is an error. Default: all that can. */
  readonly formats?: readonly ExportFormat[];
  /** Whether to write `onnx/model_quantized.onnx` too, with products in 8 bits; it needs the format `"onnx"`. Default false. */
  readonly int8?: boolean;
}

const NAMES: Check = check(
  "a list of texts",
  (it) => Array.isArray(it) && it.length > 0 && it.every((name) => typeof name === "string" && name !== ""),
);
const SOME_FORMATS: Check = check(
  `a list of ${FORMATS.join(", ")}`,
  (it) => Array.isArray(it) && it.length > 0 && it.every((one) => FORMATS.includes(one)),
);

/** Checks of {@link ExportOptions}. */
export const EXPORT_CHECKS: Checks<ExportOptions> = {
  classNames: NAMES,
  preprocessing: OBJECT,
  multiLabel: optional(BOOLEAN),
  temperature: optional(POSITIVE),
  formats: optional(SOME_FORMATS),
  int8: optional(BOOLEAN),
};
