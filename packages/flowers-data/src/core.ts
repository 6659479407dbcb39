export type { Batch } from "./batch.ts";
export { labelOrder, TF_FLOWERS_CLASSES } from "./class-names.ts";
export { drawFlower, type FlowerOptions, flowerLabel } from "./procedural/draw-flower.ts";
export { type FloatImage, type ResizeOptions, resizeBilinear } from "./resize-bilinear.ts";
export type { RgbImage } from "./rgb-image.ts";
export { type Encoding, SampleStore, type SampleStoreParts } from "./sample-store.ts";
export { defaultMargin, type View, viewOf } from "./views.ts";
