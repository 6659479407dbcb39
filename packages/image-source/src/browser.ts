// Pictures of a page or a Worker.

export { type DecodePictureOptions, decodePicture } from "./browser/decode/decode-picture.ts";
export type { PictureInput } from "./browser/decode/picture-input.ts";
export {
  type DroppedPicture,
  type DroppedPictures,
  droppedPictures,
} from "./browser/drop/dropped-pictures.ts";
export type { Dropped } from "./browser/drop/everything-dropped.ts";
export { type VideoPicturesOptions, videoPictures } from "./browser/video-pictures.ts";
export type { TreeNote, TreeNoteKind } from "./folders/notes.ts";

// Training and validation.

export { type SplitPicturesOptions, splitPictures } from "./browser/split-pictures.ts";

// Batches.

export type { ImageSource } from "./batches/image-source.ts";
export type { LabeledPicture } from "./browser/labeled-picture.ts";
export { type PictureSourceOptions, pictureSource } from "./browser/picture-source.ts";
