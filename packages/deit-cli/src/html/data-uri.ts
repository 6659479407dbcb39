import type { RgbImage } from "vision-augment";
import { pngBytes } from "../files/write-png.ts";

/** PNG bytes as a `data:` URI. */
export function pngUri(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

/** A picture as a `data:` URI. */
export async function imageUri(image: RgbImage): Promise<string> {
  return pngUri(await pngBytes(image));
}
