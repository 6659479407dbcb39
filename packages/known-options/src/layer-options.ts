import { ANY, BOOLEAN, type Check, COUNT, optional, STRING } from "./check.ts";

/**
 * Checks of the options that every tfjs layer has, saved configs included. Spread them into the checks of a custom layer.
 *
 * @see https://js.tensorflow.org/api/latest/#class:layers.Layer
 */
export const LAYER_OPTIONS: Readonly<
  Record<
    | "batchInputShape"
    | "batchSize"
    | "customObjects"
    | "dtype"
    | "inputDType"
    | "inputShape"
    | "name"
    | "trainable"
    | "updatable"
    | "weights",
    Check
  >
> = {
  batchInputShape: ANY, // null in the config of an older saved model
  batchSize: optional(COUNT),
  customObjects: ANY, // tfjs adds it where a saved sequential model is read
  dtype: optional(STRING),
  inputDType: ANY,
  inputShape: ANY,
  name: optional(STRING),
  trainable: optional(BOOLEAN),
  updatable: optional(BOOLEAN),
  weights: ANY,
};
