// Pictures of a folder or an archive.

export type { TreeNote, TreeNoteKind } from "./folders/notes.ts";
export { type PictureFormat, pictureFormat } from "./formats/picture-format.ts";
export type { DatasetLayout } from "./node/dataset/find-dataset.ts";
export type { LabelsFile } from "./node/dataset/labels-files.ts";
export { type ImageDataset, type OpenDatasetOptions, openDataset } from "./node/dataset/open-dataset.ts";
export { type DecodeImageOptions, decodeImage } from "./node/decode/decode-image.ts";
export { decodeSample } from "./node/decode/decode-sample.ts";
export type { LabelOrder } from "./node/tree/class-folders.ts";
export { type OpenImagesOptions, openImages } from "./node/tree/open-images.ts";
export { type OpenUnlabeledOptions, openUnlabeled } from "./node/tree/open-unlabeled.ts";

// Training and validation.

export { type KeepLabelsOptions, keepLabels } from "./node/keep-labels.ts";
export { splitStore } from "./node/split-store.ts";
export { type StratifiedFoldsOptions, stratifiedFolds } from "./node/stratified-folds.ts";
export { type Split, type StratifiedSplitOptions, stratifiedSplit } from "./node/stratified-split.ts";

// Batches.

export type { ImageSource } from "./batches/image-source.ts";
export { type BatchesOptions, batches } from "./node/batches.ts";
export { imageSource } from "./node/image-source.ts";
export type { ImageSourceOptions } from "./node/source-options.ts";

// Worker threads, for work of your own.

export { serveTasks } from "./node/threads/serve-tasks.ts";
export {
  type PoolOptions,
  startPool,
  type WorkerModule,
  type WorkerPool,
} from "./node/threads/worker-pool.ts";
