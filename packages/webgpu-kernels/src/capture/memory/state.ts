import * as tf from "@tensorflow/tfjs-core";
import type { LastingTensor } from "kernel-contract";
import type { Buffer, RecordedBackend } from "../recorded-backend.ts";
import { bufferOf, copyInto, copyOf, tensorOn } from "./unshare.ts";

/** A variable as a tensor that lasts. */
export function lastingVariable(variable: tf.Variable): LastingTensor {
  const { name } = variable;
  return {
    name,
    tensor() {
      if (variable.isDisposed) throw new Error(`captureStep: the variable '${name}' was disposed`);
      return variable;
    },
    replace(tensor) {
      variable.assign(tensor);
      tensor.dispose();
    },
  };
}

/**
 * A tensor that lasts from run to run, in the one buffer that a recorded step reads and writes.
 *
 * Between two runs it may have been given other numbers (weights that are loaded, an average that is evaluated), or a clone may have
 * been made of it (a snapshot), which is to keep its numbers.
 */
export class State {
  readonly name: string;
  readonly buffer: Buffer;
  readonly #backend: RecordedBackend;
  readonly #lasting: LastingTensor;
  /** Whether the step overwrites it. */
  readonly #changes: boolean;
  /** Keeps the buffer from being freed with the tensor. */
  #own: tf.Tensor;

  constructor(backend: RecordedBackend, lasting: LastingTensor, changes: boolean) {
    this.name = lasting.name;
    this.#backend = backend;
    this.#lasting = lasting;
    this.#changes = changes;
    this.buffer = bufferOf(backend, lasting.tensor());
    this.#own = tf.keep(tf.clone(lasting.tensor()));
  }

  /** Sees to it that the buffer has the tensor's present numbers, is the tensor's, and nobody else's if they change. */
  prepare(): void {
    const { tensorMap } = this.#backend;
    const tensor = this.#lasting.tensor();
    const { dataId } = tensor;
    const isOwn = dataId === this.#own.dataId;
    if (isOwn && !(this.#changes && this.#backend.refCount(dataId) > 2)) return;
    const data = tensorMap.get(this.#own.dataId);
    // Clones of the tensor of before keep its numbers, in other memory.
    data.resource = this.#backend.refCount(this.#own.dataId) > 1 ? copyOf(this.#backend, this.buffer) : null;
    if (!isOwn) copyInto(this.#backend, this.buffer, bufferOf(this.#backend, tensor));
    this.#lasting.replace(tensorOn(this.#backend, tensor, this.buffer));
    this.#own.dispose();
    this.#own = tf.keep(tf.clone(this.#lasting.tensor()));
  }

  /** Tells tfjs that numbers that it has read before are outdated. */
  changed(): void {
    if (this.#changes) this.#backend.tensorMap.get(this.#own.dataId).values = null;
  }

  /** Leaves the buffer to the tensor. */
  dispose(): void {
    this.#own.dispose();
  }
}
