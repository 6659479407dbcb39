import type { RgbImage } from "vision-augment";
import { type Colormap, colorAt } from "./colormap.ts";

/** Numbers of patches, row after row. */
export interface PatchGrid {
  readonly values: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
}

/** Numbers and their colors. */
export interface ColorScale {
  /** Number that has the first color. */
  readonly low: number;
  /** Number that has the last color. */
  readonly high: number;
  readonly colors: Colormap;
  /** Whether equal ratios, not equal differences, are equally far apart; `low` is above 0 then. Default false. */
  readonly isLogarithmic?: boolean;
}

/** Part of color in a pixel, where the number is lowest and where it is highest; the rest is the photo, in gray. */
const COLOR = { least: 0.2, most: 0.8 } as const;
/** Weights of red, green and blue in a gray of the same lightness. Recommendation ITU-R BT.601. */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * A photo in gray under the colors of a grid's numbers. Between the centers of patches the places on the scale are interpolated
 * linearly, beyond the outermost centers they stay the same.
 *
 * @param photo - Of any size; values 0…255.
 * @returns uint8 RGB, of the photo's size.
 */
export function heatMap(photo: RgbImage, grid: PatchGrid, scale: ColorScale): RgbImage {
  const { data, width, height } = photo;
  const places = Float64Array.from(grid.values, (value) => placeOn(scale, value));
  const pixels = new Uint8Array(width * height * 3);
  const acrossRows = placesOf(height, grid.rows);
  const acrossColumns = placesOf(width, grid.columns);
  for (let y = 0; y < height; y++) {
    const row = acrossRows[y]!;
    for (let x = 0; x < width; x++) {
      const column = acrossColumns[x]!;
      const at = (r: number, c: number): number => places[r * grid.columns + c]!;
      const above =
        at(row.below, column.below) * (1 - column.part) + at(row.below, column.above) * column.part;
      const under =
        at(row.above, column.below) * (1 - column.part) + at(row.above, column.above) * column.part;
      const place = above * (1 - row.part) + under * row.part;
      const color = colorAt(scale.colors, place);
      const part = COLOR.least + place * (COLOR.most - COLOR.least);
      const start = (y * width + x) * 3;
      const gray = LUMA.reduce((sum, weight, c) => sum + weight * data[start + c]!, 0);
      for (const [c, channel] of color.entries())
        pixels[start + c] = Math.round((1 - part) * gray + part * channel);
    }
  }
  return { data: pixels, width, height };
}

/** 0 for the lowest number of a scale, 1 for its highest. */
function placeOn({ low, high, isLogarithmic = false }: ColorScale, value: number): number {
  const inside = Math.max(low, Math.min(high, value));
  return isLogarithmic ? Math.log(inside / low) / Math.log(high / low) : (inside - low) / (high - low);
}

/** For each pixel of a side the patches whose centers are around it, and how far it is from the first. */
function placesOf(pixels: number, patches: number) {
  return Array.from({ length: pixels }, (_, i) => {
    const place = Math.max(0, Math.min(patches - 1, ((i + 0.5) * patches) / pixels - 0.5));
    const below = Math.floor(place);
    return { below, above: Math.min(below + 1, patches - 1), part: place - below };
  });
}
