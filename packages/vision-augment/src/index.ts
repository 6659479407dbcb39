// Pictures.

export { type Augmentation, DEIT_AUGMENTATION, requireAugmentation } from "./augmentation.ts";
export { type CentreCropOptions, requireCentreCrop } from "./centre-crop.ts";
export type { AffineOptions } from "./ops/affine.ts";
export { applyImageOp, type ImageOp } from "./ops/image-op.ts";
export type { Box, ByteImage, Interpolation, Rgb } from "./pixels/byte-image.ts";
export type { RgbImage } from "./pixels/rgb-image.ts";
export { type ColorJitterOptions, colorJitterOps } from "./random/color-jitter.ts";
export { type ResizedCropOptions, resizedCropBox } from "./random/crop-box.ts";
export { RAND_AUGMENT_OPS, type RandAugmentOptions, randAugmentOps } from "./random/rand-augment.ts";
export { eraseAtRandom, type RandomErasingOptions } from "./random/random-erasing.ts";
// The steps, each by itself.
export { type FloatImage, type ResizeOptions, resizeBilinear } from "./resize/resize-bilinear.ts";
// Views: what a model is shown of a picture.
export { defaultMargin, type View, viewOf, writeView } from "./views.ts";
