// tf_flowers.
export {
  type DownloadOptions,
  type DownloadProgress,
  downloadFlowers,
  FLOWER_PHOTOS,
} from "./node/download-flowers.ts";
export { type OpenFlowersOptions, openFlowers } from "./node/open-flowers.ts";
// Drawn flowers.
export { type ProceduralFlowersOptions, proceduralFlowers } from "./node/procedural-flowers.ts";
export { splitFlowers } from "./node/split-flowers.ts";
export { isTfFlowers } from "./node/tf-flowers.ts";
export { tfdsSplit } from "./node/tfds-split.ts";
