import * as tf from "@tensorflow/tfjs-core";
import type { Ops, Tensor } from "./ops.ts";

/** Numbers of one step, as `distill-trainer` gives them. */
export interface AdamWAttrs {
  readonly beta1: number;
  readonly beta2: number;
  readonly stepSize: number;
  readonly epsilon: number;
  readonly decays: readonly number[];
}

/**
 * `[value, m, v, gradient]` of each of n tensors in turn → `[value, m, v]` of each, by TensorFlow's own `ApplyAdam`, one
 * pass over memory: with its bias corrections at 1, its learning rate is our step size.
 *
 * That operation works on resources, so each tensor is put into one, and read from there again.
 */
export class AdamWUpdate {
  readonly #ops: Ops;
  /** Of value, m and v. */
  readonly #resources: readonly Tensor[];

  constructor(ops: Ops) {
    this.#ops = ops;
    this.#resources = ["value", "m", "v"].map((name) => tf.keep(ops.resource(`AdamWUpdate/${name}`)));
  }

  run(tensors: readonly Tensor[], { beta1, beta2, stepSize, epsilon, decays }: AdamWAttrs): Tensor[] {
    const ops = this.#ops;
    const numbers = [stepSize, beta1, beta2, epsilon].map((value) => tf.scalar(value, "float32"));
    const uncorrected = ops.scalar(0); // β₁ᵗ and β₂ᵗ
    return decays.flatMap((decay, i) => {
      const [value, m, v, gradient] = tensors.slice(4 * i, 4 * i + 4) as [Tensor, Tensor, Tensor, Tensor];
      const kept = decay === 0 ? value : ops.binary("Mul", value, 1 - decay);
      for (const [which, tensor] of [kept, m, v].entries()) ops.assign(this.#resources[which]!, tensor);
      const inputs = [...this.#resources, uncorrected, uncorrected, ...numbers, gradient];
      ops.runAll("ResourceApplyAdam", { T: "float", use_locking: false, use_nesterov: false }, inputs, 0);
      return this.#resources.map((resource) => ops.read(resource));
    });
  }
}
