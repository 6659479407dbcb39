import * as tf from "@tensorflow/tfjs-core";
import type { TensorSpec } from "./traced.ts";

/** One tensor's data. */
interface Entry {
  references: number;
  /** What was written; absent if a kernel made it. */
  values?: tf.TypedArray;
}

/** What the recorder of a trace is told. */
export interface TraceListener {
  /** Values were written from JavaScript. */
  wrote(dataId: tf.DataId, values: tf.TypedArray, spec: TensorSpec): void;
  /** Values were asked for that a trace does not have. */
  read(): Error;
}

/**
 * A backend without numbers: its kernels tell shapes and types only, so that a trace costs no arithmetic and needs no kernels of the
 * backend that is in use. Kernels outside of tfjs' own are not registered for it, so layers take their composites.
 */
export class TraceBackend extends tf.KernelBackend {
  readonly #entries = new Map<tf.DataId, Entry>();
  /** Hears of writes and reads, during a trace. */
  listener: TraceListener | undefined;

  /** A new tensor without values. */
  make(): tf.DataId {
    const dataId = {};
    this.#entries.set(dataId, { references: 1 });
    return dataId;
  }

  /** Data of tensors that are not disposed, and that have no values. */
  get unknown(): tf.DataId[] {
    return [...this.#entries].flatMap(([dataId, { values }]) => (values === undefined ? [dataId] : []));
  }

  /** Gives a tensor its values, for who reads it after the trace. */
  fill(dataId: tf.DataId, values: tf.TypedArray): void {
    const entry = this.#entries.get(dataId);
    if (entry !== undefined) entry.values = values;
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    if (dtype === "string") throw new Error("texts have no counterpart in graph models");
    const copy = (values as tf.TypedArray).slice(); // the layer may change its own
    const dataId = this.make();
    this.fill(dataId, copy);
    this.listener?.wrote(dataId, copy, { shape, dtype });
    return dataId;
  }

  override readSync(dataId: tf.DataId): tf.TypedArray {
    const values = this.#entries.get(dataId)?.values;
    if (values !== undefined) return values;
    throw this.listener?.read() ?? new Error("a tensor of a trace has no values");
  }

  override read(dataId: tf.DataId): Promise<tf.TypedArray> {
    const values = this.#entries.get(dataId)?.values;
    if (values !== undefined) return Promise.resolve(values);
    const error = this.listener?.read();
    // In a trace, the error is the trace's; a rejection that nobody awaits would end the process.
    return error === undefined
      ? Promise.reject(new Error("a tensor of a trace has no values"))
      : new Promise(() => {});
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    const entry = this.#entries.get(dataId);
    if (entry === undefined) return true;
    entry.references--;
    if (!force && entry.references > 0) return false;
    this.#entries.delete(dataId);
    return true;
  }

  override incRef(dataId: tf.DataId): void {
    const entry = this.#entries.get(dataId);
    if (entry !== undefined) entry.references++;
  }

  override refCount(dataId: tf.DataId): number {
    return this.#entries.get(dataId)?.references ?? 0;
  }

  override numDataIds(): number {
    return this.#entries.size;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  /** Removing the backend frees nothing: tensors that a layer kept still have it as their home. */
  override dispose(): void {}
}
