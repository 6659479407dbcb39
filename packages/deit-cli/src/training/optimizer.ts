import type * as tfl from "@tensorflow/tfjs-layers";
import { ADAMW_SEMANTICS, AdamW, cosine, timmNoDecay } from "tfjs-optim";
import { batchesPerEpoch, type DataSource } from "train-loop";

/** What decides the optimizer of one training. */
export interface OptimizerOptions {
  /** After the warm-up; it falls to 0 along half a cosine. */
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly epochs: number;
  readonly warmupEpochs?: number;
}

/** DeiT's optimizer: AdamW as PyTorch means it, warm-up and cosine, no decay of biases, norms, tokens and positions. */
export function deitOptimizer(
  model: tfl.LayersModel,
  source: DataSource,
  { learningRate, weightDecay, epochs, warmupEpochs = 0 }: OptimizerOptions,
): AdamW {
  const steps = batchesPerEpoch(source);
  return new AdamW({
    ...ADAMW_SEMANTICS.torch,
    learningRate: cosine({
      base: learningRate,
      totalSteps: steps * epochs,
      warmupSteps: Math.min(Math.round(steps * warmupEpochs), steps * epochs - 1),
    }),
    weightDecay,
    excludeFromDecay: timmNoDecay(model),
  });
}
