import type { RgbImage } from "vision-augment";
import { type ColorScale, heatMap } from "./heat-map.ts";
import type { Panel } from "./panels.ts";
import { TEXT_HEIGHT, textWidth, writeText } from "./pixel-text.ts";

const WHITE = 255;
const DARK = 40;
const GRAY = 128;
/** Heights in pixels. */
const GAP = 6;
const BAR = 10;
const SCALE = 2;
const STRIP = GAP + BAR + GAP + TEXT_HEIGHT * SCALE + GAP;

/** Ends of a scale for people: multiples of the mean share, with a sign where they are differences. */
export function scaleEnds({ low, high }: Pick<ColorScale, "low" | "high">): readonly [string, string] {
  const show = (value: number): string => `${Math.abs(value).toFixed(1)}×`;
  return low < 0 ? [`−${show(low)}`, `+${show(high)}`] : [show(low), show(high)];
}

/** A panel on white, with its color bar and the numbers of both ends below it; a photo has an empty strip there. */
export function withColorBar({ image, scale }: Panel): RgbImage & { readonly data: Uint8Array } {
  const { width, height } = image;
  const drawn = {
    data: new Uint8Array(width * (height + STRIP) * 3).fill(WHITE),
    width,
    height: height + STRIP,
  };
  drawn.data.set(image.data);
  if (scale === undefined) return drawn;
  drawn.data.set(barOf(scale, width).data, (height + GAP) * width * 3);
  const [low, high] = scaleEnds(scale);
  const fits = (size: number): boolean => textWidth(low, size) + textWidth(high, size) + 2 * GAP <= width;
  const size = [SCALE, 1].find(fits);
  if (size === undefined) return drawn; // narrower than two numbers
  const place = { top: height + GAP + BAR + GAP, scale: size, color: DARK };
  writeText(drawn, low, { ...place, left: 0 });
  writeText(drawn, high, { ...place, left: width - textWidth(high, size) });
  return drawn;
}

/** The scale's colors from left to right, as they look over middle gray; 10 pixels high. */
export function barOf(scale: ColorScale, width: number): RgbImage {
  const gray = { data: new Uint8Array(width * BAR * 3).fill(GRAY), width, height: BAR };
  const { low, high, isLogarithmic = false } = scale;
  const values = Array.from({ length: width }, (_, i) => {
    const part = i / Math.max(1, width - 1);
    return isLogarithmic ? low * (high / low) ** part : low + part * (high - low);
  });
  return heatMap(gray, { values, rows: 1, columns: width }, scale);
}
