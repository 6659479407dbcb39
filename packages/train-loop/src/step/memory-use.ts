import * as tf from "@tensorflow/tfjs-core";
import type { Task } from "../task.ts";
import { disposePrepared, gradientsOf } from "./batch-sum.ts";

/** Peak memory of a training pass in bytes: `fixed + rows · perRow`. */
export interface MemoryUse {
  /** Bytes independent of the rows, mostly gradients. */
  readonly fixed: number;
  readonly perRow: number;
}

/** Default memory of a pass in bytes, a fraction of a WASM heap of 4 GiB: 4 rows of DeiT-Ti at 224². */
export const DEFAULT_MEMORY_BUDGET: number = 320 * 2 ** 20;

/**
 * Measures forward and backward passes of one and two rows. The result depends on the model only, not on the machine. It is an
 * upper bound, as tensors that share memory count twice, but without the branches that stochastic depth drops for these rows and
 * without what a kernel frees before it returns. The teacher's passes do not count.
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
    const { gradients, outcome } = gradientsOf(task, prepared, { sampleKeys: keys, step: 0 }, 1);
    tf.dispose([gradients, outcome.loss, outcome.logits, ...Object.values(outcome.parts)]);
    return tf.scalar(0); // `profile` needs a result
  });
  tf.dispose(result);
  disposePrepared(prepared);
  return peakBytes - before;
}

/**
 * Returns the rows of a micro-batch for a memory budget: the fewest micro-batches that fit, of about equal size.
 *
 * @param rows - Rows of a batch for one replica.
 * @throws RangeError if one row does not fit.
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
