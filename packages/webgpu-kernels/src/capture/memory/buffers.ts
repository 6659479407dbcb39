import type { Recording } from "../record/recording.ts";
import {
  type Buffer,
  flush,
  type RecordedBackend,
  TENSOR_USAGE,
  UNIFORM_USAGE,
} from "../recorded-backend.ts";
import { BufferPool } from "./buffer-pool.ts";
import { planMemory, type SharedBuffer } from "./plan-memory.ts";
import type { Storage } from "./storage.ts";

/** The memory of a recorded step, apart from what is there without it. */
export interface StepBuffers {
  /** The buffer of each storage that is neither from outside nor a state's. */
  readonly of: ReadonlyMap<Storage, Buffer>;
  /** The uniforms of all operations, and where each one's begin. */
  readonly uniforms: {
    readonly buffer: Buffer;
    readonly bytes: Uint8Array;
    readonly offsets: readonly number[];
  };
  /** Bytes, those that other steps share with this one included. */
  readonly bytes: number;
  dispose(): void;
}

/**
 * Allocates a step's memory and fills in what is constant.
 *
 * @throws Error if it does not fit; what was allocated is freed then.
 */
export async function allocate(backend: RecordedBackend, recording: Recording): Promise<StepBuffers> {
  const { device } = backend;
  freeUnused(backend);
  const pool = BufferPool.of(backend);
  const own: Buffer[] = [];
  const make = (size: number, usage: number): Buffer => {
    const buffer = device.createBuffer({ size, usage });
    own.push(buffer);
    return buffer;
  };
  device.pushErrorScope("validation");
  device.pushErrorScope("out-of-memory");
  const used = usedStorages(recording);
  const of = constantsOf(backend, used, (size) => make(size, TENSOR_USAGE));
  const plan = sharedMemory(used);
  const shared = pool.take(plan.map(({ bytes }) => bytes));
  plan.forEach(({ storages }, i) => {
    for (const storage of storages) of.set(storage, shared[i]!);
  });
  const { bytes: numbers, offsets } = uniformsOf(recording, device.limits.minUniformBufferOffsetAlignment);
  const buffer = make(Math.max(16, numbers.byteLength), UNIFORM_USAGE);
  if (numbers.byteLength > 0) backend.queue.writeBuffer(buffer, 0, numbers);
  const bytes = [...own, ...shared].reduce((sum, { size }) => sum + size, 0);
  const dispose = (): void => {
    for (const each of own) each.destroy();
    pool.release(shared);
  };
  // Both at once: another capture may begin while this one waits.
  const errors = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  const error = errors.find((each) => each !== null);
  if (error) {
    dispose();
    throw new Error(
      `captureStep: the step needs ${bytes} bytes, and the device refused them: ${error.message.split("\n")[0]}`,
    );
  }
  return { of, uniforms: { buffer, bytes: numbers, offsets }, bytes, dispose };
}

/** tfjs keeps the buffers of tensors that are disposed; here is a step's memory to come. */
function freeUnused(backend: RecordedBackend): void {
  flush(backend);
  const { bufferManager } = backend;
  for (const buffers of bufferManager.freeBuffers.values()) {
    for (const buffer of buffers.splice(0)) {
      bufferManager.numFreeBuffers -= 1;
      bufferManager.numBytesAllocated -= buffer.size;
      buffer.destroy();
    }
  }
}

/** The storages that need memory of the step: not those whose numbers are a state's. */
function usedStorages({ operations, inputs, outputs, lasting, numbers }: Recording): Storage[] {
  const used = new Set<Storage>([...inputs.values(), ...numbers.map(({ storage }) => storage)]);
  for (const { storages } of operations) for (const storage of storages) used.add(storage);
  for (const { storage } of outputs) used.add(storage);
  for (const { next } of lasting) if (next !== undefined) used.add(next);
  for (const { next, isDirect } of lasting) if (isDirect) used.delete(next!);
  return [...used].filter(({ bytes }) => bytes > 0);
}

function constantsOf(
  { queue }: RecordedBackend,
  used: readonly Storage[],
  make: (bytes: number) => Buffer,
): Map<Storage, Buffer> {
  const of = new Map<Storage, Buffer>();
  const constants = new Map<string, Buffer>();
  for (const storage of used) {
    if (storage.kind !== "constant") continue;
    const { values, bytes } = storage;
    const key = `${bytes} ${bitsOf(values!)}`;
    const buffer = constants.get(key) ?? make(bytes);
    if (!constants.has(key)) queue.writeBuffer(buffer, 0, values!);
    constants.set(key, buffer);
    of.set(storage, buffer);
  }
  return of;
}

/** A constant's bits: of numbers that are all the same those of one. */
function bitsOf({ buffer, byteOffset, length }: NonNullable<Storage["values"]>): string {
  const bits = new Uint32Array(buffer, byteOffset, length);
  return (bits.every((each) => each === bits[0]) ? bits.subarray(0, 1) : bits).join();
}

/** Memory that steps share, an input's for itself: a run writes all of them before it begins. */
function sharedMemory(used: readonly Storage[]): SharedBuffer[] {
  const inputs = used.filter(({ kind }) => kind === "input");
  const temporaries = used.filter(({ kind }) => kind === "temporary");
  return [...inputs.map((input) => ({ bytes: input.bytes, storages: [input] })), ...planMemory(temporaries)];
}

function uniformsOf({ operations }: Recording, alignment: number): { bytes: Uint8Array; offsets: number[] } {
  let end = 0;
  const offsets = operations.map(({ uniforms }) => {
    const offset = end;
    end = Math.ceil((offset + uniforms.byteLength) / alignment) * alignment;
    return offset;
  });
  const bytes = new Uint8Array(end);
  operations.forEach(({ uniforms }, i) => {
    bytes.set(uniforms, offsets[i]);
  });
  return { bytes, offsets };
}
