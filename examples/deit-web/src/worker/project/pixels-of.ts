import { type DecodePictureOptions, decodePicture } from "image-source/browser";
import type { ByteImage } from "vision-augment";

/** Decodes a picture. @throws Error for people to read, saying what it is instead. */
export async function pixelsOf(
  picture: Blob | ImageBitmap,
  options: DecodePictureOptions = {},
): Promise<ByteImage> {
  try {
    return await decodePicture(picture, options);
  } catch (cause) {
    const what = (cause as Error).message.replace(
      /^decodePicture: .*: expected a picture that decodes, got /s,
      "",
    );
    throw new Error(`It cannot be read: ${what}.`, { cause });
  }
}
