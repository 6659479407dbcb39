import * as tf from "@tensorflow/tfjs-core";
import type { RunnableStep, StepInputSpec, StepInputs, StepOutputs } from "kernel-contract";
import { type Dispatch, dispatchOf } from "./dispatch.ts";
import { type Bindings, bindStorages } from "./memory/bind-storages.ts";
import { allocate, type StepBuffers } from "./memory/buffers.ts";
import { type GivenInput, givenInput } from "./memory/given-inputs.ts";
import type { Storage } from "./memory/storage.ts";
import { numbersOf } from "./numbers-of.ts";
import type { Recording } from "./record/recording.ts";
import {
  type Buffer,
  type Encoder,
  flush,
  type RecordedBackend,
  requireCurrent,
  STAGING_USAGE,
  TENSOR_USAGE,
} from "./recorded-backend.ts";

/** `GPUMapMode.READ`. */
const READ = 1;

/** A recorded step, ready to run: pipelines, bind groups, buffers and grids in order. Made by `captureStep`. */
export class CapturedStep implements RunnableStep {
  /** Dispatches of a run. */
  readonly dispatches: number;
  /** Dispatches by program. */
  readonly programs: ReadonlyMap<string, number>;
  /**
   * Bytes that the step holds beside variables and moments, with what it shares with other steps, and the most that tfjs' temporaries
   * take at a time in the step as it is without capture.
   */
  readonly memory: { readonly bytes: number; readonly eagerBytes: number };
  readonly #backend: RecordedBackend;
  readonly #recording: Recording;
  readonly #specs: Readonly<Record<string, StepInputSpec>>;
  readonly #buffers: StepBuffers;
  readonly #bindings: Bindings;
  readonly #commands: readonly Dispatch[];
  readonly #reads: readonly tf.Tensor[];
  #isDisposed = false;

  private constructor(
    backend: RecordedBackend,
    recording: Recording,
    specs: Readonly<Record<string, StepInputSpec>>,
    buffers: StepBuffers,
    reads: readonly tf.Tensor[],
  ) {
    this.#backend = backend;
    this.#recording = recording;
    this.#specs = specs;
    this.#buffers = buffers;
    this.#reads = reads;
    this.#bindings = bindStorages(backend, recording, buffers, reads);
    const { bufferOf } = this.#bindings;
    this.#commands = recording.operations.map((operation, i) =>
      dispatchOf(backend, operation, bufferOf, buffers, i),
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
    specs: Readonly<Record<string, StepInputSpec>>,
    reads: readonly tf.Tensor[],
  ): Promise<CapturedStep> {
    const buffers = await allocate(backend, recording);
    try {
      return new CapturedStep(backend, recording, specs, buffers, reads);
    } catch (error) {
      buffers.dispose();
      throw error;
    }
  }

  /**
   * Runs the step once.
   *
   * Everything is handed to the GPU before this returns: the next run may be started without waiting for the outputs. Variables and
   * moments have their new values for all that is computed afterwards.
   *
   * @param inputs - The declared inputs; copied. Tensors are copied on the GPU, and may be disposed as soon as this has returned.
   * @returns The outputs, read back.
   * @throws RangeError for an input that is missing, unknown or of another size; Error after `dispose`, for a variable that was
   * disposed, while another backend is the current one or after one has used a variable, and if the device fails. Nothing has run then.
   */
  async run(inputs: StepInputs): Promise<StepOutputs> {
    const given = this.#given(inputs);
    const { outputs } = this.#recording;
    const { bufferManager } = this.#backend;
    const total = outputs.reduce((sum, { storage }) => sum + storage.bytes, 0);
    if (total === 0) {
      this.#play(given, () => {});
      return numbersOf(outputs, new ArrayBuffer(0));
    }
    let staging: Buffer;
    this.#play(given, (encoder) => {
      staging = bufferManager.acquireBuffer(total, STAGING_USAGE);
      let offset = 0;
      for (const { storage } of outputs) {
        if (storage.bytes === 0) continue;
        encoder.copyBufferToBuffer(this.#bindings.bufferOf(storage), 0, staging, offset, storage.bytes);
        offset += storage.bytes;
      }
    });
    await staging!.mapAsync(READ);
    const bytes = staging!.getMappedRange().slice(0);
    staging!.unmap();
    bufferManager.releaseBuffer(staging!);
    return numbersOf(outputs, bytes);
  }

  /**
   * Runs the step once, as {@link CapturedStep.run}, and leaves the outputs on the GPU.
   *
   * @returns New tensors, owned by the caller.
   */
  runToTensors(inputs: StepInputs): Record<string, tf.Tensor> {
    const backend = this.#backend;
    const given = this.#given(inputs);
    const made: Record<string, tf.Tensor> = {};
    this.#play(given, (encoder) => {
      for (const { name, storage, shape, dtype, storedAs } of this.#recording.outputs) {
        const info = backend.makeTensorInfo([...shape], storedAs);
        made[name] = tf.engine().makeTensorFromTensorInfo({ ...info, dtype });
        if (storage.bytes === 0) continue;
        const buffer = backend.bufferManager.acquireBuffer(storage.bytes, TENSOR_USAGE);
        backend.tensorMap.get(info.dataId).resource = buffer;
        encoder.copyBufferToBuffer(this.#bindings.bufferOf(storage), 0, buffer, 0, storage.bytes);
      }
    });
    return made;
  }

  /** Whether a variable has left its memory, for another backend: no run is possible any more. */
  get isOutdated(): boolean {
    return this.#bindings.states.some(({ state }) => !state.hasBuffer);
  }

  /** Frees the step's memory; variables and moments stay. Further calls do nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#buffers.dispose();
    for (const { state } of this.#bindings.states) state.dispose();
    for (const tensor of this.#reads) tensor.dispose();
  }

  #given(inputs: StepInputs): (readonly [Storage, GivenInput])[] {
    if (this.#isDisposed) throw new Error("captureStep: the step was disposed");
    requireCurrent(this.#backend);
    const unknown = Object.keys(inputs).find((name) => !this.#recording.inputs.has(name));
    if (unknown !== undefined) {
      const names = [...this.#recording.inputs.keys()].join(", ");
      throw new RangeError(`captureStep: expected the inputs ${names}, got '${unknown}'`);
    }
    const all = [...this.#recording.inputs].map(
      ([name, storage]) =>
        [storage, givenInput(this.#backend, name, this.#specs[name]!, inputs[name])] as const,
    );
    return all.filter(([{ bytes }]) => bytes > 0);
  }

  /** @param takeOutputs - Copies the outputs, after the step and before the variables change. */
  #play(given: readonly (readonly [Storage, GivenInput])[], takeOutputs: (encoder: Encoder) => void): void {
    const backend = this.#backend;
    for (const work of this.#recording.before) work();
    for (const { state, changes } of this.#bindings.states) state.prepare(changes);
    const numbers = this.#recording.numbers.map(
      ({ storage, now }) => [storage, { values: Float32Array.of(now()) }] as const,
    );
    flush(backend);
    const encoder = backend.device.createCommandEncoder();
    for (const [storage, input] of [...given, ...numbers]) {
      const target = this.#buffers.of.get(storage)!;
      if ("values" in input) backend.queue.writeBuffer(target, 0, input.values);
      else encoder.copyBufferToBuffer(input.buffer, 0, target, 0, input.bytes);
    }
    this.#writeLiveNumbers();
    const pass = encoder.beginComputePass();
    for (const { pipeline, group, grid } of this.#commands) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...grid);
    }
    pass.end();
    takeOutputs(encoder); // before the variables: an output may be the value of before
    for (const { from, to, bytes } of this.#bindings.copies)
      encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
    backend.queue.submit([encoder.finish()]);
    for (const [, input] of given) if ("free" in input) input.free?.();
    for (const { state, changes } of this.#bindings.states) if (changes) state.changed();
    for (const work of this.#recording.after) work();
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
}
