import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { COUNT, check, having, MODEL, optional, requireArguments, requireOptions } from "known-options";
import type { ModelEma } from "./model-ema.ts";

/** Options of {@link emaCallback}. */
export interface EmaCallbackOptions {
  /** Inputs and targets on which the average is evaluated after each epoch. Default: none. */
  readonly validationData?: readonly [x: tf.Tensor | tf.Tensor[], y: tf.Tensor | tf.Tensor[]];
  /** Rows per batch of that evaluation. Default 32. */
  readonly batchSize?: number;
}

const AVERAGE = having("a ModelEma", ({ update, within }) =>
  [update, within].every((method) => typeof method === "function"),
);
const PAIR = check("[x, y]", (value) => Array.isArray(value) && value.length === 2);

/**
 * Callback of tfjs' own `fit` and `fitDataset` that updates a moving average after each batch. With `validationData` it evaluates
 * the average after each epoch, as `val_ema_loss` and `val_ema_…` of each metric in the history; the model keeps its own weights.
 *
 * `fit` of `train-loop` and `compile` of `distill-trainer` take the average itself, without this callback.
 *
 * @param model - Compiled with its loss and metrics.
 * @param ema - Stays the caller's.
 * @throws TypeError for an unknown option. RangeError if one is out of range.
 *
 * @example
 * const net = tfl.sequential({ layers: [tfl.layers.dense({ units: 1, inputShape: [2] })] });
 * net.compile({ optimizer: new AdamW({ learningRate: 0.01 }), loss: "meanSquaredError" });
 * const average = new ModelEma(net, { decay: 0.9 });
 * const [x, y] = [tf.ones([8, 2]), tf.zeros([8, 1])];
 * const callbacks = emaCallback(net, average, { validationData: [x, y] });
 * const { history } = await net.fit(x, y, { epochs: 2, callbacks });
 * console.log(Object.keys(history)); // ["loss", "val_ema_loss"]
 */
export function emaCallback(
  model: tfl.LayersModel,
  ema: ModelEma,
  options: EmaCallbackOptions = {},
): tfl.CustomCallbackArgs {
  const checks = { validationData: optional(PAIR), batchSize: optional(COUNT) };
  const { validationData, batchSize = 32 } = requireOptions("emaCallback", options, checks);
  requireArguments("emaCallback", { model, ema }, { model: MODEL, ema: AVERAGE });
  const onBatchEnd = (): void => ema.update();
  if (validationData === undefined) return { onBatchEnd };
  const [x, y] = validationData;
  return {
    onBatchEnd,
    onEpochEnd: async (_, logs = {}) => {
      const results = await ema.within(async () => [model.evaluate(x, y, { batchSize })].flat());
      for (const [i, result] of results.entries())
        logs[`val_ema_${model.metricsNames[i]}`] = (await result.data())[0]!;
      tf.dispose(results);
    },
  };
}
