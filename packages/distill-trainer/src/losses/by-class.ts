import * as tf from "@tensorflow/tfjs-core";
import { stepRecorder } from "kernel-contract";

/** Numbers of the classes `[classes]`, the same in every step: one that is recorded keeps them. */
export function byClass(values: readonly number[]): tf.Tensor1D {
  return (stepRecorder()?.constant(values, [values.length]) ?? tf.tensor1d([...values])) as tf.Tensor1D;
}
