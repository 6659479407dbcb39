import { IMAGENET_NORMALIZATION, type Normalization } from "distill-trainer";
import type { InputRange } from "./read-input-range.ts";

/** Names of the inputs that models usually take: 0…255, 0…1, −1…1, or less ImageNet's mean and over its deviation. */
export const PIXELS = ["bytes", "unit", "symmetric", "imagenet"] as const;

/** One of {@link PIXELS}. */
export type Pixels = (typeof PIXELS)[number];

const RANGES: Readonly<Record<Exclude<Pixels, "imagenet">, InputRange>> = {
  bytes: [0, 255],
  unit: [0, 1],
  symmetric: [-1, 1],
};

/** Returns the notes of a named input; a note of the other kind is `undefined`, so that it replaces an earlier one. */
export function notesOfPixels(pixels: Pixels): {
  readonly inputRange?: InputRange | undefined;
  readonly normalization?: Normalization | undefined;
} {
  return pixels === "imagenet"
    ? { inputRange: undefined, normalization: IMAGENET_NORMALIZATION }
    : { inputRange: RANGES[pixels], normalization: undefined };
}
