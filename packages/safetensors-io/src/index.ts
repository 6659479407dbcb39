export {
  BYTE_SOURCE,
  type ByteSource,
  blobSource,
  bytesSource,
  requireRange,
  type StreamSourceOptions,
  streamSource,
} from "./byte-source.ts";
export { bitsOf, type Dtype, decode, type FloatDtype, type Numbers } from "./dtype.ts";
export { elements } from "./elements.ts";
export {
  safetensorsBytes,
  safetensorsChunks,
  type TensorToWrite,
  type WriteOptions,
} from "./encode-safetensors.ts";
export { FORMAT_BYTES, foreignFormat } from "./foreign-format.ts";
export { fromFloat16, toFloat16 } from "./half.ts";
export type { TensorInfo } from "./header.ts";
export { notFinite } from "./not-finite.ts";
export { openSafetensors, type Safetensors } from "./open-safetensors.ts";
export { listed, quoted } from "./quoted.ts";
export { readShardIndex, type ShardIndex } from "./shard-index.ts";
