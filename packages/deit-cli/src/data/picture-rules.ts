import type { Settings } from "../settings/settings.ts";

/** Which pictures are decoded, and what becomes of those that are not. */
export interface PictureRules {
  readonly onBad: "skip" | "throw";
  /** Most pixels of one picture, as in `decodeImage`. */
  readonly maxPixels?: number;
}

/** The settings' rules. */
export function pictureRules({
  skipBadImages,
  maxPixels,
}: Pick<Settings, "skipBadImages" | "maxPixels">): PictureRules {
  return { onBad: skipBadImages ? "skip" : "throw", ...(maxPixels !== undefined && { maxPixels }) };
}
