import type { HostTensor } from "../checkpoint/tensor-file.ts";
import { captureTensors, restoreTensors, type Training } from "../checkpoint/training-state.ts";
import type { Ranks } from "./ranks.ts";

/** A tensor's name, shape and type. */
interface Described {
  readonly name: string;
  readonly shape: readonly number[];
  readonly isFloat: boolean;
}

/**
 * Gives every rank the weights, the optimizer's state and the average of rank 0.
 *
 * @throws RangeError if they do not fit this rank's.
 */
export async function shareState(ranks: Ranks, training: Training): Promise<void> {
  if (ranks.share.size === 1) return;
  const own = ranks.isRoot ? await captureTensors(training) : [];
  const { described, averageUpdates } = await ranks.fromRoot({
    described: own.map(
      ({ name, shape, data }): Described => ({ name, shape, isFloat: data instanceof Float32Array }),
    ),
    averageUpdates: training.step.ema?.updates ?? 0,
  });
  const tensors = ranks.isRoot ? own : described.map(emptyTensor);
  for (const { data } of tensors) await ranks.broadcast(data);
  if (ranks.isRoot) return;
  await restoreTensors(training, tensors, averageUpdates).catch((error: Error) => {
    const what = error.message.replace(/^checkpoint: /, "");
    error.message = `fit: rank ${ranks.share.rank} must have the model and the optimizer of rank 0: ${what}`;
    throw error;
  });
}

function emptyTensor({ name, shape, isFloat }: Described): HostTensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return { name, shape, data: isFloat ? new Float32Array(size) : new Int32Array(size) };
}
