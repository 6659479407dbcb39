import type { RgbImage } from "vision-augment";
import { toByteImage } from "../data/to-byte-image.ts";
import type { PictureAttention } from "./attention-of.ts";
import { type ColorScale, heatMap } from "./heat-map.ts";
import { differenceScale, shareScale } from "./scales.ts";

/** A picture, or a heat map over it with its scale. */
export interface Panel {
  readonly image: RgbImage;
  readonly scale?: ColorScale;
}

/**
 * A photo; the photo under a heat map of the class token's attention; and, if asked for, under one of the distillation token's
 * difference from it.
 *
 * @param photo - Of any size; values 0…255.
 */
export function attentionPanels(
  photo: RgbImage,
  { shares, difference }: PictureAttention,
  { withDifference }: { readonly withDifference: boolean },
): Panel[] {
  const own = shareScale(shares);
  const panels: Panel[] = [{ image: toByteImage(photo) }, { image: heatMap(photo, shares, own), scale: own }];
  if (!withDifference || difference === undefined) return panels;
  const scale = differenceScale(difference);
  return [...panels, { image: heatMap(photo, difference, scale), scale }];
}
