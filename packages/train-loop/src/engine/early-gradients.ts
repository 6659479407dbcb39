import type * as tf from "@tensorflow/tfjs-core";
import type { Task } from "../task.ts";
import { modelVariables } from "./step-vector.ts";

/** Writes gradients into a vector while the last backward pass of a batch still runs, and tells which of it is final. */
export class EarlyGradients {
  readonly #vector: Float32Array;
  readonly #onFinal: (start: number) => void;
  readonly #places = new Map<
    string,
    { readonly index: number; readonly start: number; readonly size: number }
  >();
  readonly #starts: number[] = [];
  readonly #isFinal: boolean[] = [];
  readonly #end: number;
  #start: number;

  /** @param onFinal - Called when the numbers of all variables of the model from `start` on are final. */
  constructor(vector: Float32Array, task: Task, onFinal: (start: number) => void) {
    this.#vector = vector;
    this.#onFinal = onFinal;
    let start = 0;
    modelVariables(task).forEach(({ name, size }, index) => {
      this.#places.set(name, { index, start, size });
      this.#starts.push(start);
      start += size;
    });
    this.#start = start;
    this.#end = start;
  }

  /** Whether the number at an index is final. */
  has(offset: number): boolean {
    return offset >= this.#start && offset < this.#end;
  }

  /** Begins the last pass. @param sums - Gradients of the passes before it, if there were any. */
  begin(sums: tf.NamedTensorMap | undefined): void {
    this.#vector.fill(0, 0, this.#end);
    for (const [name, { start }] of this.#places) {
      const sum = sums?.[name];
      if (sum !== undefined) this.#vector.set(sum.dataSync(), start);
    }
  }

  /** Adds the last pass's gradient of a variable. */
  add(name: string, gradient: tf.Tensor): void {
    const place = this.#places.get(name);
    if (place === undefined) return;
    const { index, start, size } = place;
    const more = gradient.dataSync();
    for (let i = 0; i < size; i++) this.#vector[start + i]! += more[i]!;
    this.#isFinal[index] = true;
    // Backward passes end with a model's first weights.
    let last = this.#starts.indexOf(this.#start);
    if (last < 0) last = this.#starts.length;
    const before = this.#start;
    while (last > 0 && this.#isFinal[last - 1] === true) this.#start = this.#starts[--last]!;
    if (this.#start < before) this.#onFinal(this.#start);
  }
}
