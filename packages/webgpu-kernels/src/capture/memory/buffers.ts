import type { InputSpec, Recording } from "../record/recording.ts";
import {
  type Buffer,
  flush,
  type RecordedBackend,
  TENSOR_USAGE,
  UNIFORM_USAGE,
} from "../recorded-backend.ts";
import { planMemory } from "./plan-memory.ts";
import type { Storage } from "./storage.ts";

/** The memory of a recorded step, apart from what is there without it. */
export interface StepBuffers {
  /** The buffer of each storage that is not from outside. */
  readonly of: ReadonlyMap<Storage, Buffer>;
  /** The uniforms of all operations, and where each one's begin. */
  readonly uniforms: {
    readonly buffer: Buffer;
    readonly bytes: Uint8Array;
    readonly offsets: readonly number[];
  };
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
  const made: Buffer[] = [];
  let bytes = 0;
  const make = (size: number, usage: number): Buffer => {
    const buffer = device.createBuffer({ size, usage });
    bytes += size;
    made.push(buffer);
    return buffer;
  };
  device.pushErrorScope("validation");
  device.pushErrorScope("out-of-memory");
  const of = place(backend, recording, (size) => make(size, TENSOR_USAGE));
  const { bytes: numbers, offsets } = uniformsOf(recording, device.limits.minUniformBufferOffsetAlignment);
  const buffer = make(Math.max(16, numbers.byteLength), UNIFORM_USAGE);
  if (numbers.byteLength > 0) backend.queue.writeBuffer(buffer, 0, numbers);
  const dispose = (): void => {
    for (const each of made) each.destroy();
  };
  const errors = [await device.popErrorScope(), await device.popErrorScope()];
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

function place(
  { queue }: RecordedBackend,
  { operations, inputs, outputs, lasting, numbers }: Recording,
  make: (bytes: number) => Buffer,
): Map<Storage, Buffer> {
  const of = new Map<Storage, Buffer>();
  const used = new Set<Storage>([...inputs.values(), ...numbers.map(({ storage }) => storage)]);
  for (const { storages } of operations) for (const storage of storages) used.add(storage);
  for (const { storage } of outputs) used.add(storage);
  for (const { next } of lasting) if (next !== undefined) used.add(next);
  const constants = new Map<string, Buffer>();
  for (const storage of used) {
    if (storage.bytes === 0) continue;
    if (storage.kind === "input") of.set(storage, make(storage.bytes));
    if (storage.kind !== "constant") continue;
    const { values, bytes } = storage;
    const key = `${values!.constructor.name} ${Object.is(values![0], -0) ? "-0" : values![0]} ${bytes}`;
    const buffer = constants.get(key) ?? make(bytes);
    if (!constants.has(key)) queue.writeBuffer(buffer, 0, values!);
    constants.set(key, buffer);
    of.set(storage, buffer);
  }
  const temporaries = [...used].filter(({ kind, bytes }) => kind === "temporary" && bytes > 0);
  for (const { bytes, storages } of planMemory(temporaries)) {
    const buffer = make(bytes);
    for (const storage of storages) of.set(storage, buffer);
  }
  return of;
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

/** Numbers of an input as they are in memory. */
export function inputNumbers(
  name: string,
  spec: InputSpec,
  given: unknown,
): Float32Array | Int32Array | Uint32Array {
  const { shape, dtype = "float32" } = spec;
  const size = shape.reduce((product, side) => product * side, 1);
  const fits =
    dtype === "float32"
      ? given instanceof Float32Array
      : given instanceof Int32Array || given instanceof Uint32Array;
  if (!fits || (given as Float32Array).length !== size) {
    const type = dtype === "float32" ? "a Float32Array" : "an Int32Array or a Uint32Array";
    const { length } = (given ?? {}) as { length?: unknown };
    const got = length === undefined ? String(given) : `${(given as object).constructor.name} of ${length}`;
    throw new RangeError(`captureStep: the input '${name}' must be ${type} of ${size} numbers, got ${got}`);
  }
  return given as Float32Array;
}
