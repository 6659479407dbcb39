// Images.

export type { Box, ByteImage, Interpolation, Rgb } from "./pixels/byte-image.ts";
export { PICTURE_SIZE, type PictureSize, sidesOf } from "./pixels/picture-size.ts";
export type { RgbImage } from "./pixels/rgb-image.ts";

// Views.

export {
  type Augmentation,
  DEIT_AUGMENTATION,
  DEIT3_AUGMENTATION,
  requireAugmentation,
} from "./augmentation.ts";
export { type CenterCropOptions, requireCenterCrop } from "./center-crop.ts";
export { defaultMargin, type View, viewOf, writeView } from "./views.ts";

// Operations of a view.

export type { AffineOptions } from "./ops/affine.ts";
export { applyImageOp, type ImageOp } from "./ops/image-op.ts";
export { type ColorJitterOptions, colorJitterOps } from "./random/color-jitter.ts";
export { type ResizedCropOptions, resizedCropBox } from "./random/crop-box.ts";
export { RAND_AUGMENT_OPS, type RandAugmentOptions, randAugmentOps } from "./random/rand-augment.ts";
export { eraseAtRandom, type RandomErasingOptions } from "./random/random-erasing.ts";
export type { SimpleCropOptions } from "./random/simple-crop.ts";
export { type ThreeAugmentOptions, threeAugmentOp } from "./random/three-augment.ts";
export { type FloatImage, type ResizeOptions, resizeBilinear } from "./resize/resize-bilinear.ts";

// Batches: MixUp and CutMix.

export { mixBatch } from "./mix/mix-batch.ts";
export { MIX_CHECKS, type Mix, type MixOptions, mixOf } from "./mix/mix-of.ts";
