import type * as tfl from "@tensorflow/tfjs-layers";
import { Normalization } from "./normalization-layer.ts";

/** Values of black and white at a model's input. */
export type InputRange = readonly [black: number, white: number];

/** Layers that keep the range of pixels. */
const PASSING: ReadonlySet<string> = new Set([
  ...["InputLayer", "Resizing", "CenterCrop", "RandomWidth", "RandomHeight", "RandomFlip", "GaussianNoise"],
  ...["ZeroPadding2D", "Cropping2D"],
]);
const RANGES: readonly InputRange[] = [
  [0, 255],
  [0, 1],
  [-1, 1],
];
/** Ranges behind a layer that rescales. */
const INNER: readonly InputRange[] = [
  [0, 1],
  [-1, 1],
];
/** Tolerance: 1/256 and 1/128 are in use, too. */
const CLOSE = 0.02;

/** Bounds of photos' means and deviations, in a range of length 1. ImageNet's are 0.41 to 0.49 and 0.22 to 0.23. */
const MEANS = [0.2, 0.7] as const;
const DEVIATIONS = [0.15, 0.4] as const;

/**
 * The input range that a model's first layer rescales to 0…1 or −1…1, or from which it subtracts the mean of photos.
 *
 * @returns `undefined` if the first layer is not a `Rescaling` or `Normalization`, or if several ranges fit.
 */
export function readInputRange(model: tfl.LayersModel): InputRange | undefined {
  const first = model.layers.find((layer) => !PASSING.has(layer.getClassName()));
  if (first === undefined) return undefined;
  if ("layers" in first) return readInputRange(first as tfl.LayersModel);
  if (first instanceof Normalization) return rangeOfMeans(first);
  if (first.getClassName() !== "Rescaling") return undefined;
  const { scale, offset } = first.getConfig();
  if (typeof scale !== "number" || typeof offset !== "number") return undefined;
  return rangeOfScale((value) => value * scale + offset);
}

/** The range that a rescaling takes to 0…1 or −1…1; `undefined` if there is none, or several. */
export function rangeOfScale(scaled: (value: number) => number): InputRange | undefined {
  return theOnly(([black, white]) => isInner(scaled(black), scaled(white)));
}

function rangeOfMeans({ statistics, inverts }: Normalization): InputRange | undefined {
  if (statistics === undefined || inverts) return undefined;
  const { mean, deviation } = statistics;
  return theOnly(([black, white]) => {
    const size = white - black;
    const isWithin = (value: number, [least, most]: readonly [number, number]) =>
      least <= value && value <= most;
    return mean.every((middle, i) => {
      const spread = deviation[i]!;
      const isOfPhotos = isWithin((middle - black) / size, MEANS) && isWithin(spread / size, DEVIATIONS);
      return isOfPhotos || isInner((black - middle) / spread, (white - middle) / spread);
    });
  });
}

function isInner(black: number, white: number): boolean {
  return INNER.some(([low, high]) => Math.abs(black - low) < CLOSE && Math.abs(white - high) < CLOSE);
}

function theOnly(fits: (range: InputRange) => boolean): InputRange | undefined {
  const fitting = RANGES.filter(fits);
  return fitting.length === 1 ? fitting[0] : undefined;
}
