export { MULTI_LABEL } from "sample-keys";
export { classCounts } from "./class-counts.ts";
export type { BadImage, ImageBatch, ImageShard } from "./image-batch.ts";
export { joinStores } from "./join-stores.ts";
export { type Encoding, SampleStore, type SampleStoreParts } from "./sample-store.ts";
