import type * as tf from "@tensorflow/tfjs-core";
import { allocate, inputNumbers, type StepBuffers } from "./memory/buffers.ts";
import { State } from "./memory/state.ts";
import type { Operation, Storage } from "./memory/storage.ts";
import { bufferOf } from "./memory/unshare.ts";
import type { InputSpec, RecordedOutput, Recording } from "./record/recording.ts";
import { type Buffer, flush, type RecordedBackend, STAGING_USAGE } from "./recorded-backend.ts";

/** `GPUMapMode.READ`. */
const READ = 1;

/** Numbers of a step's inputs: a `Float32Array`, or for int32 an `Int32Array` or the bits of a `Uint32Array`. */
export type StepInputs = Readonly<Record<string, Float32Array | Int32Array | Uint32Array>>;

/** Numbers of a step's outputs. */
export type StepOutputs = Readonly<Record<string, Float32Array | Int32Array>>;

interface Dispatch {
  readonly pipeline: object;
  readonly group: object;
  readonly grid: Operation["grid"];
}

/** A recorded step, ready to run: pipelines, bind groups, buffers and grids in order. Made by `captureStep`. */
export class CapturedStep {
  /** Dispatches of a run. */
  readonly dispatches: number;
  /** Dispatches by program. */
  readonly programs: ReadonlyMap<string, number>;
  /**
   * Bytes that the step holds beside variables and moments, and the most that tfjs' temporaries take at a time in the step as it is
   * without capture.
   */
  readonly memory: { readonly bytes: number; readonly eagerBytes: number };
  readonly #backend: RecordedBackend;
  readonly #recording: Recording;
  readonly #specs: Readonly<Record<string, InputSpec>>;
  readonly #buffers: StepBuffers;
  readonly #states: readonly State[];
  readonly #commands: readonly Dispatch[];
  readonly #copies: readonly { readonly from: Buffer; readonly to: Buffer; readonly bytes: number }[];
  readonly #reads: readonly tf.Tensor[];
  readonly #bufferOf: (storage: Storage) => Buffer;
  #isDisposed = false;

  private constructor(
    backend: RecordedBackend,
    recording: Recording,
    specs: Readonly<Record<string, InputSpec>>,
    buffers: StepBuffers,
    reads: readonly tf.Tensor[],
  ) {
    this.#backend = backend;
    this.#recording = recording;
    this.#specs = specs;
    this.#buffers = buffers;
    this.#reads = reads;
    const used = new Map<tf.DataId, Buffer>(
      reads.map((tensor) => [tensor.dataId, bufferOf(backend, tensor)]),
    );
    const all = [
      ...recording.operations.flatMap(({ storages }) => storages),
      ...recording.outputs.map(({ storage }) => storage),
    ];
    const outside = new Set(all.map(({ dataId }) => dataId));
    const copies: { from: Buffer; to: Buffer; bytes: number }[] = [];
    const states: State[] = [];
    const written = new Set(
      recording.operations.flatMap(({ storages, writes }) =>
        storages.slice(0, writes).map(({ dataId }) => dataId),
      ),
    );
    for (const { tensor, next } of recording.lasting) {
      const { dataId } = tensor.tensor();
      if (!outside.has(dataId) && next === undefined) continue;
      const state = new State(backend, tensor, written.has(dataId) || next !== undefined);
      states.push(state);
      used.set(dataId, state.buffer);
      if (next !== undefined)
        copies.push({ from: buffers.of.get(next)!, to: state.buffer, bytes: next.bytes });
    }
    this.#states = states;
    this.#copies = copies;
    this.#bufferOf = (storage) =>
      storage.dataId === undefined ? buffers.of.get(storage)! : used.get(storage.dataId)!;
    this.#commands = recording.operations.map((operation, i) =>
      dispatchOf(backend, operation, this.#bufferOf, buffers, i),
    );
    this.dispatches = this.#commands.length;
    const programs = new Map<string, number>();
    for (const { name } of recording.operations) programs.set(name, (programs.get(name) ?? 0) + 1);
    this.programs = programs;
    this.memory = { bytes: buffers.bytes, eagerBytes: recording.eagerBytes };
  }

  /** @internal */
  static async of(
    backend: RecordedBackend,
    recording: Recording,
    specs: Readonly<Record<string, InputSpec>>,
    reads: readonly tf.Tensor[],
  ): Promise<CapturedStep> {
    return new CapturedStep(backend, recording, specs, await allocate(backend, recording), reads);
  }

  /**
   * Runs the step once.
   *
   * Everything is handed to the GPU before this returns: the next run may be started without waiting for the outputs. Variables and
   * moments have their new values for all that is computed afterwards.
   *
   * @param inputs - The declared inputs; copied.
   * @returns The outputs, read back.
   * @throws RangeError for an input that is missing, unknown or of another size; Error after `dispose`, for a variable that was
   * disposed, and if the device fails. Nothing has run then.
   */
  async run(inputs: StepInputs): Promise<StepOutputs> {
    const numbers = this.#numbersOf(inputs);
    const backend = this.#backend;
    flush(backend);
    for (const state of this.#states) state.prepare();
    for (const work of this.#recording.before) work();
    const live = this.#recording.numbers.map(
      ({ storage, now }) => [storage, Float32Array.of(now())] as const,
    );
    const total = this.#recording.outputs.reduce((sum, { storage }) => sum + storage.bytes, 0);
    const staging = backend.bufferManager.acquireBuffer(Math.max(4, total), STAGING_USAGE);
    for (const [storage, values] of [...numbers, ...live])
      backend.queue.writeBuffer(this.#buffers.of.get(storage)!, 0, values);
    this.#writeLiveNumbers();
    this.#submit(staging);
    for (const state of this.#states) state.changed();
    for (const work of this.#recording.after) work();
    await staging.mapAsync(READ);
    const bytes = staging.getMappedRange().slice(0);
    staging.unmap();
    backend.bufferManager.releaseBuffer(staging);
    return numbersOf(this.#recording.outputs, bytes);
  }

  /** Frees the step's memory; variables and moments stay. Further calls do nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#buffers.dispose();
    for (const state of this.#states) state.dispose();
    for (const tensor of this.#reads) tensor.dispose();
  }

  #numbersOf(inputs: StepInputs): [Storage, Float32Array | Int32Array | Uint32Array][] {
    if (this.#isDisposed) throw new Error("captureStep: the step was disposed");
    const unknown = Object.keys(inputs).find((name) => !this.#recording.inputs.has(name));
    if (unknown !== undefined) {
      const names = [...this.#recording.inputs.keys()].join(", ");
      throw new RangeError(`captureStep: expected the inputs ${names}, got '${unknown}'`);
    }
    return [...this.#recording.inputs].flatMap(([name, storage]) => {
      const values = inputNumbers(name, this.#specs[name]!, inputs[name]);
      return values.length > 0 ? [[storage, values]] : [];
    });
  }

  /** Uniforms that change from run to run, such as AdamW's step size. */
  #writeLiveNumbers(): void {
    const { buffer, bytes, offsets } = this.#buffers.uniforms;
    const view = new DataView(bytes.buffer);
    let [first, end] = [Number.POSITIVE_INFINITY, 0];
    this.#recording.operations.forEach(({ live }, i) => {
      for (const { offset, type, now } of live) {
        const at = offsets[i]! + offset;
        if (type === "float32") view.setFloat32(at, now(), true);
        else view.setUint32(at, now(), true);
        first = Math.min(first, at);
        end = Math.max(end, at + 4);
      }
    });
    if (end > 0) this.#backend.queue.writeBuffer(buffer, first, bytes.subarray(first, end));
  }

  #submit(staging: Buffer): void {
    const encoder = this.#backend.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, group, grid } of this.#commands) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...grid);
    }
    pass.end();
    // Before the variables: an output may be the value of before.
    let offset = 0;
    for (const { storage } of this.#recording.outputs) {
      if (storage.bytes === 0) continue;
      encoder.copyBufferToBuffer(this.#bufferOf(storage), 0, staging, offset, storage.bytes);
      offset += storage.bytes;
    }
    for (const { from, to, bytes } of this.#copies) encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
    this.#backend.queue.submit([encoder.finish()]);
  }
}

function dispatchOf(
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

function numbersOf(outputs: readonly RecordedOutput[], bytes: ArrayBuffer): StepOutputs {
  let offset = 0;
  const entries = outputs.map(({ name, storage, dtype, storedAs }) => {
    const length = storage.bytes / 4;
    const stored =
      storedAs === "float32"
        ? new Float32Array(bytes, offset, length)
        : new Int32Array(bytes, offset, length);
    offset += storage.bytes;
    return [name, dtype === "float32" ? Float32Array.from(stored) : Int32Array.from(stored)] as const;
  });
  return Object.fromEntries(entries);
}
