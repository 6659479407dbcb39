import type * as tf from "@tensorflow/tfjs-core";
import { learningRateOf } from "../step/take-step.ts";
import type { Ranks } from "./ranks.ts";

/** Gives every rank the learning rate of rank 0, which a callback may have set. */
export async function shareRate(ranks: Ranks, optimizer: tf.Optimizer, step: number): Promise<void> {
  const own = learningRateOf(optimizer, step);
  if (ranks.share.size === 1 || own === undefined) return;
  const rate = Float64Array.of(own);
  await ranks.broadcast(rate);
  if (rate[0] !== own) (optimizer as unknown as { learningRate: number }).learningRate = rate[0]!;
}
