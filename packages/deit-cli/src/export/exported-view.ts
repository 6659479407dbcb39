import type { Preprocessing } from "deit-model";
import { sidesOf } from "vision-augment";
import type { OpenedModel } from "../models/open-model.ts";

/** Whole pictures, as other programs resize them. */
const WHOLE: NonNullable<OpenedModel["centerCrop"]> = { ratio: 1, interpolation: "bilinear", stretch: true };

/** How other programs are to preprocess pictures, and what of ours that is. */
export interface ExportedView {
  readonly preprocessing: Preprocessing;
  /** The same view of a picture here: byte for byte what Pillow makes. */
  readonly centerCrop: NonNullable<OpenedModel["centerCrop"]>;
  /** Whether it is the model's own view: other programs have no resizing without antialiasing, as TensorFlow's. */
  readonly isOwn: boolean;
}

/** The preprocessing of a model in words that other programs know. */
export function exportedView({ classifier, imageSize, centerCrop }: OpenedModel): ExportedView {
  const { normalization, inputRange = [0, 1] } = classifier.input.notes;
  const [black, white] = inputRange;
  const { mean, std } = normalization ?? {
    mean: new Array<number>(3).fill(black / (black - white)),
    std: new Array<number>(3).fill(1 / (white - black)),
  };
  const sides = sidesOf(imageSize);
  const isSquare = sides[0] === sides[1];
  const { ratio, interpolation = "bicubic", stretch = false } = centerCrop ?? WHOLE;
  // A rectangle that a picture covers has no shortest edge of its own: both sides are resized.
  const stretched = stretch || !isSquare;
  const [height, width] = [Math.floor(sides[0] / ratio), Math.floor(sides[1] / ratio)];
  return {
    preprocessing: {
      resize: stretched ? { height, width } : { shortestEdge: height },
      resample: interpolation,
      ...((!stretched || ratio < 1) && { centerCrop: sides }),
      ...{ rescale: 1 / 255, mean, std },
    },
    centerCrop: { ratio, interpolation, stretch: stretched },
    isOwn: centerCrop !== undefined && stretched === stretch,
  };
}
