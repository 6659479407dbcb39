import * as tf from "@tensorflow/tfjs-core";
import type { LastingTensor } from "kernel-contract";
import { type Buffer, flush, type RecordedBackend, TENSOR_USAGE } from "../recorded-backend.ts";

/**
 * Gives a tensor memory of its own where clones share it: a step that overwrites it must not change them.
 *
 * @param holders - How many may hold its data.
 */
export function unshare(backend: RecordedBackend, lasting: LastingTensor, holders: number): void {
  const tensor = lasting.tensor();
  if (tensor.size === 0 || backend.refCount(tensor.dataId) <= holders) return;
  lasting.replace(tensorOn(backend, tensor, copyOf(backend, bufferOf(backend, tensor))));
}

/** The buffer of a tensor's numbers, which are uploaded if they are not there. */
export function bufferOf(backend: RecordedBackend, { dataId }: tf.TensorInfo): Buffer {
  backend.uploadToGPU(dataId);
  return backend.tensorMap.get(dataId).resource as Buffer;
}

/** A new tensor on a buffer, which it owns. */
export function tensorOn(backend: RecordedBackend, like: tf.TensorInfo, buffer: Buffer): tf.Tensor {
  const { dtype } = backend.tensorMap.get(like.dataId);
  const made = backend.makeTensorInfo([...like.shape], dtype);
  backend.tensorMap.get(made.dataId).resource = buffer;
  return tf.engine().makeTensorFromTensorInfo({ ...made, dtype: like.dtype });
}

/** A new buffer with the numbers of another. */
export function copyOf(backend: RecordedBackend, buffer: Buffer): Buffer {
  const copy = backend.bufferManager.acquireBuffer(buffer.size, TENSOR_USAGE);
  copyInto(backend, copy, buffer);
  return copy;
}

/** Copies a buffer's numbers, after all that was recorded before. */
export function copyInto(backend: RecordedBackend, target: Buffer, source: Buffer): void {
  flush(backend);
  const encoder = backend.device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, 0, target, 0, source.size);
  backend.queue.submit([encoder.finish()]);
}
