export { type FileSource, fileSource } from "./node/file-source.ts";
export { saveSafetensors } from "./node/save-safetensors.ts";
export { type WriteAtomicallyOptions, writeAtomically } from "./node/write-atomically.ts";
