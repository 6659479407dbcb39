import * as tf from "@tensorflow/tfjs-core";
import { squaredNorms } from "tfjs-optim";
import type { BatchGradients } from "../step/batch-sum.ts";
import type { Task } from "../task.ts";
import type { Engine } from "./engine.ts";
import { ownGradients } from "./own-gradients.ts";

/** Gradients that replicas or ranks have summed, back on the backend. */
export interface SummedGradients extends Pick<Engine, "update" | "discard"> {
  /** Takes the sums of all the task's variables, in order. */
  take(values: Float32Array): Promise<Omit<BatchGradients, "logs">>;
}

/** Returns sums of gradients as new tensors, of the variables that are not frozen. */
export function summedGradients({ variables }: Task): SummedGradients {
  return {
    ...ownGradients,
    async take(values) {
      const gradients: tf.NamedTensorMap = {};
      let offset = 0;
      for (const { name, size, shape, trainable } of variables) {
        if (trainable) gradients[name] = tf.tensor(values.subarray(offset, offset + size), shape, "float32");
        offset += size;
      }
      const squares = squaredNorms(Object.values(gradients));
      const norms = (await squares.data()) as Float32Array;
      squares.dispose();
      return { gradients, squaredNorms: norms };
    },
  };
}
