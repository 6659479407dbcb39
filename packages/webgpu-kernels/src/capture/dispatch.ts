import type { StepBuffers } from "./memory/buffers.ts";
import type { Operation, Storage } from "./memory/storage.ts";
import type { Buffer, RecordedBackend } from "./recorded-backend.ts";

/** A dispatch, ready to be encoded. */
export interface Dispatch {
  readonly pipeline: object;
  readonly group: object;
  readonly grid: Operation["grid"];
}

/** Binds an operation's buffers. @param index - Its place in the step, where its uniforms are. */
export function dispatchOf(
  { device }: RecordedBackend,
  { pipeline, storages, uniforms, grid }: Operation,
  bufferOf: (storage: Storage) => Buffer,
  buffers: StepBuffers,
  index: number,
): Dispatch {
  const offset = buffers.uniforms.offsets[index]!;
  const ranges = [
    ...storages.map((storage) => ({ buffer: bufferOf(storage), size: storage.bytes })),
    { buffer: buffers.uniforms.buffer, offset, size: uniforms.byteLength },
  ];
  const entries = ranges.map((resource, binding) => ({ binding, resource }));
  return {
    pipeline,
    group: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }),
    grid,
  };
}
