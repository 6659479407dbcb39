import type * as tfl from "@tensorflow/tfjs-layers";
import type { ModelOutputs, Normalization } from "distill-trainer";
import {
  BOOLEAN,
  type Check,
  type Checks,
  check,
  MODEL,
  oneOf,
  optional,
  requireArguments,
  requireOptions,
} from "known-options";
import type { InputRange } from "./read-input-range.ts";

/** Center crop of a model's pictures, as `imageSource` of image-source takes it. */
export interface CropNote {
  /** Side of the crop over the shorter side of the resized picture, in (0, 1]. */
  readonly ratio: number;
  /** Interpolation of the resizing. Default `"bicubic"`. */
  readonly interpolation?: "bilinear" | "bicubic";
  /** Whether pictures are resized to a square first, whatever their aspect ratio. Default false. */
  readonly stretch?: boolean;
}

/** Notes in a saved model's metadata: enough to use it without its run. */
export interface ModelNotes {
  /** Names of its classes, in the order of its outputs. */
  readonly classNames?: readonly string[] | undefined;
  /** Values of black and white at its input. */
  readonly inputRange?: InputRange | undefined;
  /** Mean and deviation of its input, in place of a range. */
  readonly normalization?: Normalization | undefined;
  /** Whether photos are rotated by their EXIF orientation, as its training photos were. Default true. */
  readonly upright?: boolean | undefined;
  /** Whether each class is a question of its own: a picture may have several, or none. Default false. */
  readonly multiLabel?: boolean | undefined;
  /** Kind of its outputs. Default: found from its last layer, else from its outputs. */
  readonly outputs?: ModelOutputs | undefined;
  /** Part of a picture's side, from the middle, that it was judged on. Default: whole pictures. */
  readonly centerCrop?: number | CropNote | undefined;
  /** Temperature that calibrates its probabilities: logits are divided by it. Default 1. */
  readonly temperature?: number | undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isFraction = (value: unknown): boolean => typeof value === "number" && value > 0 && value <= 1;
const areNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 && value.every(Number.isFinite);

/** Check of an input range. */
export const RANGE: Check = check(
  "two different numbers",
  (value) => areNumbers(value) && value.length === 2 && value[0] !== value[1],
);
const OUTPUTS: Check = oneOf("logits", "probabilities", "sigmoid");
const POSITIVE_NUMBER: Check = check(
  "a number above 0",
  (value) => typeof value === "number" && Number.isFinite(value) && value > 0,
);

/** Check of each note. */
const FITS: Readonly<Record<keyof ModelNotes, Check>> = {
  classNames: check(
    "a list of names",
    (value) => Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string"),
  ),
  inputRange: RANGE,
  normalization: check("{ mean, std }, with std above 0", (value) => {
    if (!isObject(value)) return false;
    const { mean, std } = value;
    return areNumbers(mean) && areNumbers(std) && mean.length === std.length && std.every((one) => one > 0);
  }),
  upright: BOOLEAN,
  multiLabel: BOOLEAN,
  outputs: OUTPUTS,
  centerCrop: check(
    "a ratio in (0, 1], or { ratio, interpolation, stretch }",
    (value) => isFraction(value) || (isObject(value) && isFraction(value.ratio)),
  ),
  temperature: POSITIVE_NUMBER,
};

/** Checks of {@link ModelNotes}. */
export const NOTES: Checks<ModelNotes> = {
  classNames: optional(FITS.classNames),
  inputRange: optional(FITS.inputRange),
  normalization: optional(FITS.normalization),
  upright: optional(FITS.upright),
  multiLabel: optional(FITS.multiLabel),
  outputs: optional(FITS.outputs),
  centerCrop: optional(FITS.centerCrop),
  temperature: optional(FITS.temperature),
};

/** Returns the notes in any metadata; what is not a note is left out. */
export function readNotes(metadata: unknown): ModelNotes {
  if (!isObject(metadata)) return {};
  return Object.fromEntries(
    Object.entries(FITS).flatMap(([key, fits]) =>
      Object.hasOwn(metadata, key) && fits.fits(metadata[key]) ? [[key, metadata[key]]] : [],
    ),
  );
}

/**
 * Adds notes to a layers model's metadata (`getUserDefinedMetadata`), and so to its files; `undefined` removes one.
 *
 * @throws TypeError if `model` is not a layers model, or for an unknown note. RangeError for one that does not fit.
 *
 * @example
 * addNotes(model, { classNames: ["cat", "dog"], inputRange: [-1, 1] });
 * console.log(notesOf(model).classNames); // [ 'cat', 'dog' ]
 */
export function addNotes(model: tfl.LayersModel, notes: ModelNotes): void {
  requireOptions("addNotes", notes, NOTES);
  requireArguments("addNotes", { model }, { model: MODEL });
  const all = { ...model.getUserDefinedMetadata(), ...notes };
  model.setUserDefinedMetadata(
    Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
  );
}

/**
 * Returns the notes of {@link addNotes}, of a model in memory or from its files.
 *
 * @throws TypeError if `model` is not a layers model.
 *
 * @example
 * console.log(notesOf(model)); // {}
 */
export function notesOf(model: tfl.LayersModel): ModelNotes {
  requireArguments("notesOf", { model }, { model: MODEL });
  return readNotes(model.getUserDefinedMetadata());
}

/** Center crop of notes, as an option of `imageSource`; `undefined` for whole pictures. */
export function cropOf({ centerCrop }: ModelNotes): CropNote | undefined {
  return typeof centerCrop === "number" ? { ratio: centerCrop } : centerCrop;
}
