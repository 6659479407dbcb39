/** The part of WebGPU's `GPUQueue` that writes. */
export interface WritingQueue {
  writeBuffer(
    buffer: object,
    offset: number,
    data: ArrayBufferView | ArrayBufferLike,
    ...range: number[]
  ): void;
}

/**
 * Has a queue write copies of shared memory: given a `SharedArrayBuffer`, or a view of one, Dawn's binding for Node (npm `webgpu` 0.6)
 * ends the process with a segmentation fault. Gradients that ranks and replicas sum, and pictures, are in such memory.
 */
export function copyShared(queue: WritingQueue): void {
  const { writeBuffer } = queue;
  queue.writeBuffer = (buffer, offset, data, ...range) =>
    writeBuffer.call(queue, buffer, offset, unshared(data), ...range);
}

function unshared(data: ArrayBufferView | ArrayBufferLike): ArrayBufferView | ArrayBufferLike {
  if (isShared(data)) return new Uint8Array(data).slice().buffer;
  if (!ArrayBuffer.isView(data) || !isShared(data.buffer)) return data;
  if (data instanceof DataView)
    return new DataView(new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice().buffer);
  // Of its own type: an offset and a size in a write count elements. Not by its own method: that of Node's Buffer copies nothing.
  return Uint8Array.prototype.slice.call(data);
}

/** Whether memory is shared, that of another realm (`node:vm`) too, of which it is no instance. */
function isShared(memory: unknown): memory is SharedArrayBuffer {
  return Object.prototype.toString.call(memory) === "[object SharedArrayBuffer]";
}
