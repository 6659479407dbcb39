import type * as tf from "@tensorflow/tfjs-core";
import type { Recording } from "../record/recording.ts";
import type { Buffer, RecordedBackend } from "../recorded-backend.ts";
import type { StepBuffers } from "./buffers.ts";
import { type State, stateOf } from "./state.ts";
import type { Storage } from "./storage.ts";
import { bufferOf } from "./unshare.ts";

/** Where a recorded step's numbers are. */
export interface Bindings {
  readonly bufferOf: (storage: Storage) => Buffer;
  /** The tensors that last and that the step uses, and whether it changes them. */
  readonly states: readonly { readonly state: State; readonly changes: boolean }[];
  /** What is copied into them after the step: new numbers that the step could not write there, as it reads those of before. */
  readonly copies: readonly { readonly from: Buffer; readonly to: Buffer; readonly bytes: number }[];
}

/**
 * Gives each storage of a recording its buffer: a tensor's that lasts, one from outside, or the step's own.
 *
 * @param reads - Tensors from outside that never change.
 * @returns Bindings whose states the caller disposes.
 * @throws Error if a variable was disposed since it was recorded; no state is left then.
 */
export function bindStorages(
  backend: RecordedBackend,
  recording: Recording,
  buffers: StepBuffers,
  reads: readonly tf.Tensor[],
): Bindings {
  const { operations, outputs, lasting } = recording;
  const outside = new Map<tf.DataId, Buffer>(
    reads.map((tensor) => [tensor.dataId, bufferOf(backend, tensor)]),
  );
  const storages = [
    ...operations.flatMap((operation) => operation.storages),
    ...outputs.map(({ storage }) => storage),
  ];
  const used = new Set(storages.map(({ dataId }) => dataId));
  const written = new Set(
    operations.flatMap((operation) =>
      operation.storages.slice(0, operation.writes).map(({ dataId }) => dataId),
    ),
  );
  const states: { state: State; changes: boolean }[] = [];
  const copies: { from: Buffer; to: Buffer; bytes: number }[] = [];
  const direct = new Map<Storage, Buffer>();
  try {
    for (const { tensor, dataId, next, isDirect } of lasting) {
      if (!used.has(dataId) && next === undefined) continue;
      const state = stateOf(backend, tensor);
      states.push({ state, changes: written.has(dataId) || next !== undefined });
      outside.set(dataId, state.buffer);
      if (next === undefined) continue;
      if (isDirect) direct.set(next, state.buffer);
      else copies.push({ from: buffers.of.get(next)!, to: state.buffer, bytes: next.bytes });
    }
  } catch (error) {
    for (const { state } of states) state.dispose();
    throw error;
  }
  const placeOf = (storage: Storage): Buffer =>
    storage.dataId === undefined
      ? (direct.get(storage) ?? buffers.of.get(storage)!)
      : outside.get(storage.dataId)!;
  return { bufferOf: placeOf, states, copies };
}
