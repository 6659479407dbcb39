import type { RgbImage } from "vision-augment";

/** A picture of whole numbers: 0…255, rounded. */
export function toByteImage({ data, width, height }: RgbImage): RgbImage & { readonly data: Uint8Array } {
  return {
    data: Uint8Array.from(data, (value) => Math.max(0, Math.min(255, Math.round(value)))),
    width,
    height,
  };
}
