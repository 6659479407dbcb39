import type * as tfl from "@tensorflow/tfjs-layers";
import type { InputRange } from "./input-range.ts";

/** Layers that leave the range of pixels as it is. */
const PASSING: ReadonlySet<string> = new Set([
  ...["InputLayer", "Resizing", "CenterCrop", "RandomWidth", "RandomHeight", "RandomFlip", "GaussianNoise"],
  ...["ZeroPadding2D", "Cropping2D"],
]);
const RANGES: readonly InputRange[] = [
  [0, 255],
  [0, 1],
  [-1, 1],
];
/** What networks compute with behind a layer that rescales. */
const INNER: readonly InputRange[] = [
  [0, 1],
  [-1, 1],
];
/** 1/256 and 1/128 are used, too. */
const CLOSE = 0.02;

/**
 * The range that a model's own first layer rescales to 0…1 or −1…1.
 *
 * @returns `undefined` if it does not begin with a `Rescaling` layer, or with one that several ranges fit.
 */
export function readInputRange(model: tfl.LayersModel): InputRange | undefined {
  const first = model.layers.find((layer) => !PASSING.has(layer.getClassName()));
  if (first === undefined) return undefined;
  if ("layers" in first) return readInputRange(first as tfl.LayersModel);
  if (first.getClassName() !== "Rescaling") return undefined;
  const { scale, offset } = first.getConfig();
  if (typeof scale !== "number" || typeof offset !== "number") return undefined;
  const fitting = RANGES.filter((range) => {
    const [black, white] = range.map((value) => value * scale + offset);
    return INNER.some(([low, high]) => Math.abs(black! - low) < CLOSE && Math.abs(white! - high) < CLOSE);
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}
