export { type FileSource, fileSource } from "./file-source.ts";
export { saveSafetensors } from "./save-safetensors.ts";
export { type WriteAtomicallyOptions, writeAtomically } from "./write-atomically.ts";
