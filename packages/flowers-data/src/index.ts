export { labelOrder, TF_FLOWERS_CLASSES } from "./class-names.ts";
export { drawFlower, type FlowerOptions, flowerLabel } from "./procedural/draw-flower.ts";
