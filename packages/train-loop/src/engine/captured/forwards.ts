import * as tf from "@tensorflow/tfjs-core";
import type { CapturedForward } from "../../task.ts";
import type { Programs } from "./programs.ts";

/** Returns what runs frozen models' forward passes by programs. */
export function forwardsWith(programs: Programs): CapturedForward {
  const models = new Map<object, number>();
  return async ({ model, name }, input, compute) => {
    if (!models.has(model)) models.set(model, models.size);
    const spec = { shape: input.shape, dtype: input.dtype as "float32" };
    const step = ({ input: x }: Readonly<Record<string, tf.Tensor>>) =>
      Object.fromEntries(compute(x!).map((tensor, i) => [String(i), tensor]));
    const key = JSON.stringify([models.get(model), name]);
    const program = await programs.find("forward", key, { input: spec }, step);
    if (program === undefined) return uncaptured(input, compute);
    try {
      return Object.values(program.runToTensors({ input }));
    } catch {
      // Freed by another caller meanwhile, or its weights were on another backend. What else is wrong, the pass itself says.
      programs.forget(program);
      return uncaptured(input, compute);
    }
  };
}

/** A forward pass as it is. */
export function uncaptured(input: tf.Tensor, compute: (input: tf.Tensor) => tf.Tensor[]): tf.Tensor[] {
  return tf.tidy(() => compute(input).map((tensor) => tf.clone(tensor)));
}
