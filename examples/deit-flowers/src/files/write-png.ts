import type { RgbImage } from "flowers-data";
import sharp from "sharp";
import { writeAtomically } from "./write-atomically.ts";

/** A picture's PNG file. */
export function pngBytes({ data, width, height }: RgbImage): Promise<Uint8Array> {
  return sharp(Uint8Array.from(data), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Writes a picture as a PNG, whole or not at all; makes its folder. */
export async function writePng(path: string, image: RgbImage): Promise<void> {
  await writeAtomically(path, await pngBytes(image));
}
