import * as tf from "@tensorflow/tfjs-core";
import { type Check, oneOf } from "known-options";
import { gelu } from "./gelu.ts";
import { geluTanh } from "./gelu-tanh.ts";
import { swish } from "./swish.ts";

/** An activation by timm's name. */
export type Activation = "gelu" | "gelu_tanh" | "quick_gelu" | "relu" | "silu";

/** The functions of {@link Activation}. */
export const ACTIVATIONS: Readonly<Record<Activation, (x: tf.Tensor) => tf.Tensor>> = {
  gelu,
  gelu_tanh: geluTanh,
  quick_gelu: (x) => swish(x, 1.702),
  relu: (x) => tf.relu(x),
  silu: (x) => swish(x),
};

/** Check of an {@link Activation}. */
export const ACTIVATION: Check = oneOf(...Object.keys(ACTIVATIONS));
