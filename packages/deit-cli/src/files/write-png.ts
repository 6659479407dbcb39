import sharp from "sharp";
import type { RgbImage } from "vision-augment";
import type { Mark } from "./own-output.ts";
import { writeAtomically } from "./write-atomically.ts";

/** Bytes of a picture's PNG file; `mark` is put into its metadata. */
export function pngBytes({ data, width, height }: RgbImage, mark?: Mark): Promise<Uint8Array> {
  const picture = sharp(Uint8Array.from(data), { raw: { width, height, channels: 3 } });
  const marked = mark === undefined ? picture : picture.withExif({ IFD0: { Software: mark } });
  return marked.png().toBuffer();
}

/** Writes a picture as a PNG, atomically; makes its folder. */
export async function writePng(path: string, image: RgbImage, mark?: Mark): Promise<void> {
  await writeAtomically(path, await pngBytes(image, mark));
}
