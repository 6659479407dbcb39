import type { RgbImage } from "vision-augment";

/** Rows of characters, 5 pixels wide and 7 high, of five bits each. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  "0": [14, 17, 19, 21, 25, 17, 14],
  "1": [4, 12, 4, 4, 4, 4, 14],
  "2": [14, 17, 1, 2, 4, 8, 31],
  "3": [31, 2, 4, 2, 1, 17, 14],
  "4": [2, 6, 10, 18, 31, 2, 2],
  "5": [31, 16, 30, 1, 1, 17, 14],
  "6": [6, 8, 16, 30, 17, 17, 14],
  "7": [31, 1, 2, 4, 8, 8, 8],
  "8": [14, 17, 17, 14, 17, 17, 14],
  "9": [14, 17, 17, 15, 1, 2, 12],
  ".": [0, 0, 0, 0, 0, 12, 12],
  "×": [0, 17, 10, 4, 10, 17, 0],
  "+": [0, 4, 4, 31, 4, 4, 0],
  "−": [0, 0, 0, 31, 0, 0, 0],
};
const WIDTH = 5;
/** Height of {@link writeText}'s characters at scale 1, in pixels. */
export const TEXT_HEIGHT = 7;

/** Width of a text in pixels. */
export function textWidth(text: string, scale: number): number {
  return ([...text].length * (WIDTH + 1) - 1) * scale;
}

/** Writes digits, signs and points into a picture: no font is needed, and the pixels are the same on every machine. */
export function writeText(
  image: RgbImage & { readonly data: Uint8Array },
  text: string,
  { left, top, scale, color }: { left: number; top: number; scale: number; color: number },
): void {
  for (const [i, character] of [...text].entries()) {
    for (const [row, bits] of GLYPHS[character]!.entries()) {
      for (let column = 0; column < WIDTH; column++) {
        if (((bits >> (WIDTH - 1 - column)) & 1) === 0) continue;
        for (let k = 0; k < scale * scale; k++) {
          const x = left + (i * (WIDTH + 1) + column) * scale + (k % scale);
          const y = top + row * scale + Math.floor(k / scale);
          image.data.fill(color, (y * image.width + x) * 3, (y * image.width + x) * 3 + 3);
        }
      }
    }
  }
}
