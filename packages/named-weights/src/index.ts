// File formats.

export type { NamedTensors, StoredTensor } from "./formats/named-tensors.ts";
export { openNpz } from "./formats/npz.ts";
export { type ArrayToWrite, npzBytes } from "./formats/npz-bytes.ts";
export { openSavedModelZip } from "./formats/saved-model.ts";
export { openSharded, type ShardedFiles } from "./formats/sharded.ts";
export { openTensorBundle, type TensorBundleFiles } from "./formats/tensor-bundle/open-tensor-bundle.ts";
export {
  openTorchCheckpoint,
  type TorchCheckpoint,
  type TorchCheckpointOptions,
} from "./formats/torch/open-torch-checkpoint.ts";
export { openZip, type ZipMember } from "./formats/zip.ts";

// A family of models: keys, names and layouts in files, differences that may be accepted.

export type { Change, Comparison, Differences } from "./differences.ts";
export { type Layout, shapeIn } from "./layout.ts";
export { type ModelWeights, modelWeights } from "./model-weights.ts";
export type { FileNames, Naming, Place } from "./naming.ts";

// Loading and saving.

export {
  loadNamedWeights,
  type NamedWeights,
  type WeightsReport,
  type WeightsSource,
} from "./load-named-weights.ts";
export { tensorsToWrite } from "./tensors-to-write.ts";
