export type { NamedTensors, StoredTensor } from "./formats/named-tensors.ts";
export { openNpz } from "./formats/npz.ts";
export { openSavedModelZip, shardName } from "./formats/saved-model.ts";
export { openTensorBundle, type TensorBundleFiles } from "./formats/tensor-bundle/open-tensor-bundle.ts";
export { openZip, type ZipMember } from "./formats/zip.ts";
