import * as tf from "@tensorflow/tfjs-core";
import type { Batch } from "sample-keys";
import { squaredNorms } from "tfjs-optim";
import { requireParts } from "../checks/require-task.ts";
import type { BatchLogs, Outcome, Prepared, Task } from "../task.ts";
import { BatchLogCollector } from "./batch-logs.ts";
import type { BatchPart } from "./batch-part.ts";
import { disposeMicroBatch, microBatchRanges, rowsOfBatch, toMicroBatch } from "./micro-batch.ts";
import { type OnGradient, watchGradients } from "./watch-gradients.ts";
import {
  requireFiniteTeacher,
  requireTeacherShape,
  type WatchedRows,
  watchTeacher,
} from "./watch-teacher.ts";

/** A batch's mean gradients by variable name, owned by the caller, and its logs. */
export interface BatchGradients {
  readonly gradients: tf.NamedTensorMap;
  /** Squared norm of each gradient, in order. */
  readonly squaredNorms: Float32Array;
  readonly logs: BatchLogs;
}

/** Takes the gradients of a batch's last backward pass while it runs. */
export interface GradientWatch {
  /** Begins the pass. @param sums - Gradients of the passes before it, if there were any; not to be kept. */
  begin(sums: tf.NamedTensorMap | undefined): void;
  /** Takes a variable's gradient of this pass, which is not to be kept. */
  add(variableName: string, gradient: tf.Tensor): void;
}

/** The numbers of one micro-batch's teacher, on the backend. */
interface Watched extends WatchedRows {
  readonly sums: tf.Tensor1D;
}

/**
 * Logs of a batch and, in training, the gradient of its mean loss, summed over micro-batches: memory is that of one
 * micro-batch.
 *
 * A micro-batch's means are weighted by its share of the rows, so the result does not depend on their size beyond float32
 * rounding.
 */
export class BatchSum {
  readonly #task: Task;
  readonly #training: boolean;
  readonly #step: number;
  readonly #place: Omit<BatchPart, "batch">;
  readonly #collector = new BatchLogCollector();
  /** One number per row of the teacher's logits, or of its features: 0 if all are finite, otherwise NaN. */
  readonly #watched: Watched[] = [];
  #gradients: tf.NamedTensorMap | undefined;

  /**
   * @param place - The whole batch's rows, and which of them are added.
   * @param step - Index of the optimizer step, for a task whose loss depends on it.
   */
  constructor(task: Task, training: boolean, place: Omit<BatchPart, "batch">, step = 0) {
    this.#task = task;
    this.#training = training;
    this.#place = place;
    this.#step = step;
  }

  /**
   * Adds a micro-batch, by its share of the whole batch's rows.
   *
   * @param firstRow - Index of its first row among the rows that are added, for errors.
   * @param watch - Takes the gradients of the last micro-batch.
   */
  async add(batch: Batch, firstRow = 0, watch?: GradientWatch): Promise<void> {
    const weight = batch.labels.length / this.#place.total;
    const micro = toMicroBatch(batch);
    try {
      const prepared = await this.#task.prepare(micro, this.#training, this.#step);
      try {
        this.#watch(prepared, batch.labels.length, firstRow);
        const outcome = this.#training
          ? this.#backward(prepared, micro.sampleKeys, weight, watch)
          : this.#task.evaluate(prepared);
        requireParts(this.#task, this.#training, outcome.parts);
        this.#collector.add(outcome, micro, weight, this.#task.multiLabel);
        tf.dispose([outcome.loss, outcome.logits, ...Object.values(outcome.parts)]);
      } finally {
        disposePrepared(prepared, micro.images);
      }
    } catch (error) {
      this.#dispose();
      throw error;
    } finally {
      disposeMicroBatch(micro);
    }
  }

  /** Adds rows in micro-batches of at most `size` of them. @param watch - Takes the gradients of the last one. */
  async addAll(batch: Batch, size: number, watch?: GradientWatch): Promise<void> {
    const rows = batch.labels.length;
    for (const [start, end] of microBatchRanges(rows, size)) {
      await this.add(rowsOfBatch(batch, start, end), start, end === rows ? watch : undefined);
    }
  }

  /** Returns the sum by variable name, then owned by the caller; empty if nothing was added. */
  gradients(): tf.NamedTensorMap {
    const gradients = this.#gradients ?? {};
    this.#gradients = undefined;
    return gradients;
  }

  /** Returns the means over the added rows; empty if there are none. */
  async logs(): Promise<BatchLogs> {
    return (await this.#read([])).logs;
  }

  /** Returns gradients, logs and each gradient's squared norm, with one read-back. */
  async gradientsAndLogs(): Promise<BatchGradients> {
    const gradients = this.gradients();
    try {
      const { logs, beside } = await this.#read(Object.values(gradients));
      return { gradients, logs, squaredNorms: beside };
    } catch (error) {
      tf.dispose(gradients);
      throw error;
    }
  }

  async #read(gradients: readonly tf.Tensor[]) {
    const squares = squaredNorms(gradients);
    const watched = this.#watched.map(({ sums }) => sums);
    const all = tf.concat([squares, ...watched]);
    tf.dispose([squares, ...watched]);
    const { logs, beside } = await this.#collector.read(all);
    all.dispose();
    requireFiniteTeacher(this.#place, this.#watched, beside.subarray(gradients.length));
    return { logs, beside: beside.slice(0, gradients.length) };
  }

  #watch(prepared: Prepared, rows: number, firstRow: number): void {
    requireTeacherShape(this.#task, prepared, rows);
    for (const { what, sums } of watchTeacher(prepared))
      this.#watched.push({ what, firstRow, rows, sums: tf.keep(sums) });
  }

  #dispose(): void {
    tf.dispose([this.gradients(), ...this.#watched.map(({ sums }) => sums)]);
    this.#collector.dispose();
  }

  #backward(prepared: Prepared, sampleKeys: Uint32Array, weight: number, watch?: GradientWatch): Outcome {
    const at = { sampleKeys, step: this.#step };
    watch?.begin(this.#gradients);
    const onGradient = watch && ((name: string, gradient: tf.Tensor) => watch.add(name, gradient));
    const { gradients, outcome } = gradientsOf(this.#task, prepared, at, weight, onGradient);
    this.#gradients = this.#gradients === undefined ? gradients : addInto(this.#gradients, gradients);
    return outcome;
  }
}

/** Computes the gradients of `weight` times the loss, and the outcome; all owned by the caller. */
export function gradientsOf(
  task: Task,
  prepared: Prepared,
  { sampleKeys, step }: { readonly sampleKeys: Uint32Array | tf.Tensor1D; readonly step: number },
  weight: number | tf.Scalar,
  onGradient?: OnGradient,
): { gradients: tf.NamedTensorMap; outcome: Outcome } {
  let outcome: Outcome | undefined;
  const forward = (): Outcome => task.train(prepared, sampleKeys, step);
  const { value, grads } = tf.variableGrads(() => {
    outcome = onGradient === undefined ? forward() : watchGradients(task.model, onGradient, forward);
    // variableGrads frees every tensor of its function that is not kept.
    for (const tensor of [outcome.loss, outcome.logits, ...Object.values(outcome.parts)]) tf.keep(tensor);
    return tf.mul(outcome.loss, weight) as tf.Scalar;
  }, [...task.variables]);
  value.dispose();
  const given = Object.entries(grads as Record<string, tf.Tensor | null>);
  const gradients = Object.fromEntries(given.filter(([, gradient]) => gradient !== null)); // null: frozen
  return { gradients: gradients as tf.NamedTensorMap, outcome: outcome! };
}

/** Frees prepared tensors; `inputs` may be the micro-batch's own images, which stay. */
export function disposePrepared(prepared: Prepared, images?: tf.Tensor): void {
  const { inputs, targets, labelWeights, teacherLogits, teacherFeatures = [], stepNumbers } = prepared;
  if (inputs !== images) inputs.dispose();
  targets.dispose();
  labelWeights?.dispose();
  teacherLogits?.dispose();
  stepNumbers?.dispose();
  tf.dispose([...teacherFeatures]);
}

function addInto(sum: tf.NamedTensorMap, more: tf.NamedTensorMap): tf.NamedTensorMap {
  const total: tf.NamedTensorMap = {};
  for (const [name, tensor] of Object.entries(sum)) {
    total[name] = tf.add(tensor, more[name]!);
    tf.dispose([tensor, more[name]!]);
  }
  return total;
}
