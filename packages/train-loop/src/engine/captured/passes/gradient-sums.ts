import * as tf from "@tensorflow/tfjs-core";

/** Sums of gradients over a batch's micro-batches, in variables, which recorded steps may change. */
export class GradientSums {
  readonly #sums: ReadonlyMap<string, tf.Variable>;

  /** @param variables - Those that may have a gradient. */
  constructor(variables: readonly tf.Variable[]) {
    const sums = tf.tidy(() => variables.map(({ shape }) => tf.variable(tf.zeros(shape), false)));
    this.#sums = new Map(variables.map(({ name }, i) => [name, sums[i]!]));
  }

  /** The sums of variables' gradients, by name; they stay this object's. */
  named(names: readonly string[]): tf.NamedTensorMap {
    return Object.fromEntries(names.map((name) => [name, this.#sums.get(name)!]));
  }

  /** The sums of variables' gradients, in order; they stay this object's. */
  of(names: readonly string[]): tf.Tensor[] {
    return names.map((name) => this.#sums.get(name)!);
  }

  /** Adds gradients, which it frees. @param isFirst - Whether the sums begin with them. */
  add(gradients: tf.NamedTensorMap, isFirst: boolean): void {
    for (const [name, gradient] of Object.entries(gradients)) {
      const sum = this.#sums.get(name)!;
      const next = isFirst ? gradient : tf.add(sum, gradient);
      sum.assign(next);
      tf.dispose([next, gradient]);
    }
  }

  dispose(): void {
    tf.dispose([...this.#sums.values()]);
  }
}
