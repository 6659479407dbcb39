import { type Check, check } from "known-options";

/** What `decodePicture` takes. Workers have no elements, and not every browser has `VideoFrame`. */
export type PictureInput =
  | Blob
  | ImageData
  | ImageBitmap
  | HTMLImageElement
  | HTMLVideoElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | VideoFrame;

/** Kinds of inputs, as objects name themselves. By name, for a Worker has not all of the classes, and a frame has its own. */
const KINDS = [
  "File",
  "Blob",
  "ImageData",
  "ImageBitmap",
  "HTMLImageElement",
  "HTMLVideoElement",
  "HTMLCanvasElement",
  "OffscreenCanvas",
  "VideoFrame",
] as const;
export type InputKind = (typeof KINDS)[number];

/** The kind of an input; undefined for anything else. */
export function kindOf(input: unknown): InputKind | undefined {
  const name = Object.prototype.toString.call(input).slice(8, -1);
  return KINDS.find((kind) => kind === name);
}

/** Check of a {@link PictureInput}. */
export const INPUT: Check = check(
  `a ${KINDS.slice(0, -1).join(", ")} or ${KINDS.at(-1)}`,
  (value) => kindOf(value) !== undefined,
);
