import type { DataSettings } from "../settings/settings.ts";

/** Which pictures are decoded, and what is done about those that do not decode. */
export interface PictureRules {
  readonly onBad: "skip" | "throw";
  /** Most pixels of one picture, as in `decodeImage`. */
  readonly maxPixels?: number;
}

/** The settings' rules. */
export function pictureRules({ skipBadImages, maxPixels }: DataSettings): PictureRules {
  return { onBad: skipBadImages ? "skip" : "throw", ...(maxPixels !== undefined && { maxPixels }) };
}
