import { type ByteImage, type RgbImage, resizeBilinear } from "vision-augment";
import { digestOf } from "./digest.ts";

/** A picture of the project: pixels, and what they are found by. */
export interface KeptPicture {
  /** Digest of the pixels: a picture is in a project once. */
  readonly id: string;
  readonly className: string;
  readonly image: ByteImage;
}

/** Shorter side that a picture is kept with, pixels: enough for a model of 224 pixels to be trained on, and 150 kB a photo. */
export const KEPT_EDGE = 224;

/** Largest side of a thumbnail, pixels. */
const THUMBNAIL = 96;

/** Digest of a picture's size and pixels. */
export function pictureId({ width, height, data }: ByteImage): Promise<string> {
  const bytes = new Uint8Array(data.length + 8);
  new DataView(bytes.buffer).setUint32(0, width);
  new DataView(bytes.buffer).setUint32(4, height);
  bytes.set(data, 8);
  return digestOf(bytes);
}

/** A small version of a picture, for showing. */
export function thumbnailOf(image: ByteImage): Promise<ImageBitmap> {
  const scale = Math.min(1, THUMBNAIL / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  return createImageBitmap(imageData(resizeBilinear(image, height!, width!, { antialias: true })));
}

/** RGB in 0…255 as the canvas has it. */
export function imageData({ data, width, height }: RgbImage): ImageData {
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++) pixels.data[4 * i + channel] = data[3 * i + channel]!;
    pixels.data[4 * i + 3] = 255;
  }
  return pixels;
}
