export type { AffineOptions } from "./augment/affine.ts";
export { type Augmentation, DEIT_AUGMENTATION } from "./augment/augmentation.ts";
export type { Box, ByteImage, Interpolation, Rgb } from "./augment/byte-image.ts";
export type { CentreCropOptions } from "./augment/centre-crop.ts";
export { type ColorJitterOptions, colorJitterOps } from "./augment/color-jitter.ts";
export { type ResizedCropOptions, resizedCropBox } from "./augment/crop-box.ts";
export { applyImageOp, type ImageOp } from "./augment/image-op.ts";
export { RAND_AUGMENT_OPS, type RandAugmentOptions, randAugmentOps } from "./augment/rand-augment.ts";
export { eraseAtRandom, type RandomErasingOptions } from "./augment/random-erasing.ts";
export type { BadImage, Batch } from "./batch.ts";
export { type BatchesOptions, batches } from "./batches.ts";
export { labelOrder, TF_FLOWERS_CLASSES } from "./class-names.ts";
export { type DecodeImageOptions, decodeImage } from "./decode-image.ts";
export { decodeSample } from "./decode-sample.ts";
export {
  type DownloadOptions,
  type DownloadProgress,
  downloadFlowers,
  FLOWER_PHOTOS,
} from "./download-flowers.ts";
export { type ImageSource, type ImageSourceOptions, imageSource } from "./image-source.ts";
export { type OpenFlowersOptions, openFlowers } from "./open-flowers.ts";
export { drawFlower, type FlowerOptions, flowerLabel } from "./procedural/draw-flower.ts";
export { type ProceduralFlowersOptions, proceduralFlowers } from "./procedural-flowers.ts";
export { type FloatImage, type ResizeOptions, resizeBilinear } from "./resize-bilinear.ts";
export type { RgbImage } from "./rgb-image.ts";
export { type Encoding, SampleStore, type SampleStoreParts } from "./sample-store.ts";
export { splitStore } from "./split-store.ts";
export { type StratifiedSplitOptions, stratifiedSplit } from "./stratified-split.ts";
export { type Split, tfdsSplit } from "./tfds-split.ts";
export type { TreeNote, TreeNoteKind } from "./tree/notes.ts";
export { defaultMargin, type View, viewOf } from "./views.ts";
