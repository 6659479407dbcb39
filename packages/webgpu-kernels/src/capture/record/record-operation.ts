import type * as tf from "@tensorflow/tfjs-core";
import type { Uniform } from "../../host.ts";
import type { LiveNumber, Operation, Storage } from "../memory/storage.ts";
import type { RecordedBackend } from "../recorded-backend.ts";

interface Program {
  readonly pipeline: Operation["pipeline"];
  readonly constructor: { readonly name: string };
  readonly writes?: number;
}

/**
 * What tfjs' `recordAndSubmit` would encode: it is run with an object in the backend's place, so the order of the bindings and the
 * layout of the uniforms are tfjs' own.
 *
 * @param storageOf - The storage of a tensor that is bound.
 * @see `recordAndSubmit` and `makeUniforms` in
 * https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-backend-webgpu/src/backend_webgpu.ts
 */
export function recordOperation(
  backend: RecordedBackend,
  [program, output, inputs, uniforms]: readonly [Program, tf.TensorInfo, tf.TensorInfo[], Uniform[]?],
  storageOf: (tensor: tf.TensorInfo) => Storage,
): Operation {
  const tfjs = Object.getPrototypeOf(backend) as RecordedBackend;
  const storages: Storage[] = [];
  let bytes = new Uint8Array(0);
  let live: LiveNumber[] = [];
  let grid: Operation["grid"] = [1, 1, 1];
  const standIn = {
    tensorToBinding: (tensor: tf.TensorInfo) => storages.push(storageOf(tensor)),
    makeUniforms: (fields: readonly Uniform[]) => {
      const place = {
        bufferManager: { acquireBuffer: () => ({}) },
        queue: {
          writeBuffer: (_: object, __: number, data: ArrayBuffer) => {
            bytes = new Uint8Array(data.slice(0));
          },
        },
        uniformPendingDisposal: [],
      };
      tfjs.makeUniforms.call(place as unknown as RecordedBackend, fields);
      live = liveNumbers(fields);
    },
    commandQueueOwnedIds: { add() {} },
    device: { createBindGroup: () => ({}) },
    ensureCommandEncoderReady() {},
    activeTimers: null,
    computePassEncoder: {
      setPipeline() {},
      setBindGroup() {},
      dispatchWorkgroups: (...counts: [number, number, number]) => {
        grid = counts;
      },
    },
    dispatchCountInPass: Number.NEGATIVE_INFINITY, // never enough to submit
  };
  tfjs.recordAndSubmit.call(standIn as never, program as never, output, inputs, uniforms as Uniform[]);
  const { pipeline, constructor: kind, writes = 1 } = program;
  return { name: kind.name, pipeline, storages, writes, uniforms: bytes, live, grid };
}

/** Only shaders of this package have them, whose fields are one number each (`Context.run`). */
function liveNumbers(fields: readonly Uniform[]): LiveNumber[] {
  return fields.flatMap(({ type, live }, i) => (live ? [{ offset: 4 * i, type, now: live }] : []));
}
