import * as tf from "@tensorflow/tfjs-core";
import { type StepOptions, takeStep } from "../step/take-step.ts";
import type { Engine } from "./engine.ts";

/** How engines update whose gradients are the caller's own tensors. */
export const ownGradients: Pick<Engine, "update" | "discard"> = {
  async update(step: StepOptions, gradients: tf.NamedTensorMap) {
    takeStep(step, gradients);
    tf.dispose(gradients);
  },
  discard: (gradients) => tf.dispose(gradients),
};
