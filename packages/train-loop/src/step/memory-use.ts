import * as tf from "@tensorflow/tfjs-core";
import type { Task } from "../task.ts";
import { gradientsOf } from "./batch-sum.ts";

/** Bytes of tensors that one training pass makes and holds at its peak: `fixed + rows · perRow`. */
export interface MemoryUse {
  /** The gradients, above all. */
  readonly fixed: number;
  readonly perRow: number;
}

/** Bytes of one pass that a WASM heap of 4 GiB, and a machine with several, hold with ease. */
export const DEFAULT_MEMORY_BUDGET: number = 512 * 2 ** 20;

/**
 * Measures passes of one row and of two, forward and backward. A function of the model alone: another machine gives the
 * same numbers. Tensors that share memory count twice, so it is an upper bound; the teacher's own passes do not count.
 */
export async function measureMemory(task: Task): Promise<MemoryUse> {
  const [one, two] = [await peakOf(task, 1), await peakOf(task, 2)];
  const perRow = Math.max(1, two - one);
  return { fixed: Math.max(0, one - perRow), perRow };
}

async function peakOf(task: Task, rows: number): Promise<number> {
  const prepared = task.example(rows);
  const keys = new Uint32Array(rows);
  const before = tf.memory().numBytes;
  const { peakBytes, result } = await tf.profile(() => {
    const { gradients, outcome } = gradientsOf(task, prepared, keys, 1);
    tf.dispose([gradients, outcome.loss, outcome.logits, ...Object.values(outcome.parts)]);
    return tf.scalar(0); // `profile` wants something to return
  });
  tf.dispose(result);
  tf.dispose([prepared.inputs, prepared.targets]);
  prepared.teacherLogits?.dispose();
  return peakBytes - before;
}

/**
 * The rows of a micro-batch that keep a pass within a budget: as few micro-batches as fit, all about as large.
 *
 * @param rows - Of a batch, for one replica.
 * @throws RangeError if not even one row fits.
 */
export function microBatchWithin(budget: number, { fixed, perRow }: MemoryUse, rows: number): number {
  const most = Math.floor((budget - fixed) / perRow);
  if (most < 1) {
    throw new RangeError(
      `fit: memoryBudget must hold a pass of one row, ${Math.ceil(fixed + perRow)} bytes, got ${budget}`,
    );
  }
  return Math.ceil(rows / Math.ceil(rows / most));
}
