import * as tf from "@tensorflow/tfjs-core";
import type { LastingTensor } from "kernel-contract";
import type { Buffer, RecordedBackend } from "../recorded-backend.ts";
import { outdate } from "./outdated-reads.ts";
import { bufferOf, copyInto, copyOf, tensorOn, unshare } from "./unshare.ts";

const lastingVariables = new WeakMap<tf.Variable, LastingTensor>();

/** A variable as a tensor that lasts; the same object for the same variable. */
export function lastingVariable(variable: tf.Variable): LastingTensor {
  const known = lastingVariables.get(variable);
  if (known !== undefined) return known;
  const { name } = variable;
  const lasting: LastingTensor = {
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
  lastingVariables.set(variable, lasting);
  return lasting;
}

/** The states of tensors, each of which all steps share that use its tensor. */
const states = new WeakMap<LastingTensor, State>();

/** Number of those who hold a tensor's data where no clone shares it: its owner, and its state, if there is one. */
export function holdersOf(backend: RecordedBackend, lasting: LastingTensor): number {
  return states.get(lasting)?.holds(backend, lasting.tensor().dataId) ? 2 : 1;
}

/** The state of a tensor, which the caller disposes. */
export function stateOf(backend: RecordedBackend, lasting: LastingTensor): State {
  const known = states.get(lasting);
  if (known?.isOn(backend)) return known.share();
  unshare(backend, lasting, 1); // it may have been assigned another's data since it was recorded
  const state = new State(backend, lasting);
  states.set(lasting, state);
  return state.share();
}

/**
 * A tensor that lasts from run to run, in the one buffer that all recorded steps read and write.
 *
 * Between two runs it may have been given other numbers (weights that are loaded, an average that is evaluated), or a clone may have
 * been made of it (a snapshot), which is to keep its numbers.
 */
export class State {
  readonly name: string;
  readonly buffer: Buffer;
  readonly #backend: RecordedBackend;
  readonly #lasting: LastingTensor;
  #users = 0;
  /** Keeps the buffer from being freed with the tensor. */
  #own: tf.Tensor;

  constructor(backend: RecordedBackend, lasting: LastingTensor) {
    this.name = lasting.name;
    this.#backend = backend;
    this.#lasting = lasting;
    this.buffer = bufferOf(backend, lasting.tensor());
    this.#own = tf.keep(tf.clone(lasting.tensor()));
  }

  share(): this {
    this.#users += 1;
    return this;
  }

  /** Whether it is usable: on this backend, with steps that use it. */
  isOn(backend: RecordedBackend): boolean {
    return this.#backend === backend && this.#users > 0 && this.hasBuffer;
  }

  /** Whether the buffer is still its own: tfjs frees that of a tensor that it moves to another backend. */
  get hasBuffer(): boolean {
    const { tensorMap } = this.#backend;
    const { dataId } = this.#own;
    return tensorMap.has(dataId) && tensorMap.get(dataId).resource === this.buffer;
  }

  /** Whether it holds this data. */
  holds(backend: RecordedBackend, dataId: tf.DataId): boolean {
    return this.isOn(backend) && this.#own.dataId === dataId;
  }

  /**
   * Sees to it that the buffer has the tensor's present numbers, is the tensor's, and nobody else's if the step `changes` them.
   *
   * @throws Error if the tensor was on another backend meanwhile.
   */
  prepare(changes: boolean): void {
    if (!this.hasBuffer) {
      throw new Error(
        `captureStep: '${this.name}' was used on another backend since the step was captured, which freed its memory here; capture the step anew`,
      );
    }
    const { tensorMap } = this.#backend;
    const tensor = this.#lasting.tensor();
    const { dataId } = tensor;
    const isOwn = dataId === this.#own.dataId;
    if (isOwn && !(changes && this.#backend.refCount(dataId) > 2)) return;
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
    outdate(this.#backend.tensorMap.get(this.#own.dataId));
  }

  /** Leaves the buffer to the tensor, after the last step that uses it. */
  dispose(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#own.dispose();
  }
}
