import {
  type Check,
  type Checks,
  COUNT,
  check,
  oneOf,
  optional,
  POSITIVE,
  requireOptions,
} from "known-options";
import type { Preprocessing, Resample } from "../configs/preprocessing.ts";

/** Interpolations in the order of Pillow's numbers for them. */
export const RESAMPLES: readonly Resample[] = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"];
const NUMBERS: Check = check(
  "a list of finite numbers",
  (it) => Array.isArray(it) && it.length > 0 && it.every(Number.isFinite),
);
const SIDES: Check = check(
  "{ shortestEdge } or { height, width }",
  (it) =>
    typeof it === "object" &&
    it !== null &&
    ["shortestEdge", "height,width"].includes(Object.keys(it).sort().join()) &&
    Object.values(it).every((side) => COUNT.fits(side)),
);
const CROP: Check = check(
  "[height, width]",
  (it) => Array.isArray(it) && it.length === 2 && it.every((side) => COUNT.fits(side)),
);
const CHECKS: Checks<Preprocessing> = {
  resize: optional(SIDES),
  resample: oneOf(...RESAMPLES),
  centerCrop: optional(CROP),
  rescale: POSITIVE,
  mean: NUMBERS,
  std: NUMBERS,
};

/**
 * Rejects a preprocessing that is not valid.
 *
 * @throws TypeError for an unknown field. RangeError for a value that does not fit, or mean and std of different lengths. Both name
 * the caller.
 */
export function requirePreprocessing(caller: string, preprocessing: Preprocessing): void {
  const { mean, std } = requireOptions(caller, preprocessing, CHECKS);
  if (mean.length !== std.length || std.some((one) => one <= 0))
    throw new RangeError(`${caller}: every mean needs a std above 0, got [${mean}] and [${std}]`);
}
