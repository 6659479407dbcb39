import type { ByteImage, Rgb } from "vision-augment";
import type { Drawable } from "./drawable-of.ts";

/** Side of the canvas that pictures are read through, part by part: some browsers allow 4096 × 4096 pixels at most. */
const SIDE = 2048;

/** Reads the pixels of something that can be drawn, without any scaling. @throws Error if the browser does not allow it. */
export function readPixels({ source, width, height }: Drawable, background: Rgb | undefined): ByteImage {
  requireTrueCanvas();
  const data = new Uint8Array(width * height * 3);
  const context = contextOf(Math.min(width, SIDE), Math.min(height, SIDE));
  for (let top = 0; top < height; top += SIDE) {
    const rows = Math.min(SIDE, height - top);
    for (let left = 0; left < width; left += SIDE) {
      const columns = Math.min(SIDE, width - left);
      context.drawImage(source, left, top, columns, rows, 0, 0, columns, rows);
      const part = withoutAlpha(dataOf(context, columns, rows), background);
      for (let row = 0; row < rows; row++) {
        const line = part.subarray(row * columns * 3, (row + 1) * columns * 3);
        data.set(line, ((top + row) * width + left) * 3);
      }
    }
  }
  return { data, width, height };
}

function dataOf(context: Context, width: number, height: number): Uint8ClampedArray {
  try {
    return context.getImageData(0, 0, width, height).data;
  } catch (cause) {
    if ((cause as Error).name !== "SecurityError") throw cause;
    throw new Error("a picture of another site, which must allow it to be read (CORS)", { cause });
  }
}

/** RGB of RGBA: alpha dropped, or, with a background, laid over it. */
export function withoutAlpha(rgba: ArrayLike<number>, background: Rgb | undefined): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    if (background === undefined || alpha === 255) {
      for (let c = 0; c < 3; c++) rgb[to + c] = rgba[from + c]!;
    } else {
      for (let c = 0; c < 3; c++) {
        rgb[to + c] = Math.round((rgba[from + c]! * alpha + background[c]! * (255 - alpha)) / 255);
      }
    }
  }
  return rgb;
}

type Context = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

/** In memory of the CPU, for it is read; what is drawn replaces what was there. */
function contextOf(width: number, height: number): Context {
  const canvas =
    typeof OffscreenCanvas === "undefined"
      ? Object.assign(document.createElement("canvas"), { width, height })
      : new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true }) as Context | null;
  if (context === null) throw new Error("no canvas to read it through");
  context.globalCompositeOperation = "copy";
  context.imageSmoothingEnabled = false;
  return context;
}

/** Most that a value may come back changed by: some browsers flip last bits, which a training does not notice. */
const NOISE = 2;
let isTrue: boolean | undefined;

/** Browsers that resist fingerprinting give random pixels, or white ones, in place of a canvas's. */
function requireTrueCanvas(): void {
  if (isTrue === undefined) {
    const context = contextOf(16, 16);
    const sent = new Uint8ClampedArray(16 * 16 * 4).map((_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256));
    context.putImageData(new ImageData(sent, 16, 16), 0, 0);
    const { data } = context.getImageData(0, 0, 16, 16);
    isTrue = sent.every((value, i) => Math.abs(value - data[i]!) <= NOISE);
  }
  if (isTrue) return;
  throw new Error(
    "pixels that the browser has changed: its protection against fingerprinting must allow this page to read a canvas",
  );
}
