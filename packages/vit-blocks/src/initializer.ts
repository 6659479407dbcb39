import * as tf from "@tensorflow/tfjs-core";
import {
  atLeast,
  FINITE,
  type KindChecks,
  LIST,
  requireArguments,
  requireKind,
  requireOptions,
  STRING,
  UINT32,
} from "known-options";
import { normal, philox2x32, siteOf } from "sample-keys";

/** Library whose initialization is used: Keras' (Glorot, zeros) or timm's (normal, 0.02). */
export type Init = "keras" | "timm";

/** A distribution of initial weights. */
export type Distribution =
  | { readonly kind: "constant"; readonly value: number }
  /** Uniform in [−limit, limit). */
  | { readonly kind: "uniform"; readonly limit: number }
  /** Normal with mean 0, not truncated: timm's limit of ±2 is a hundred deviations away. */
  | { readonly kind: "normal"; readonly deviation: number };

const CHECKS: KindChecks<Distribution, "kind"> = {
  constant: { value: FINITE },
  uniform: { limit: FINITE },
  normal: { deviation: atLeast(0) },
};

/**
 * Returns Glorot's uniform distribution by Keras' rule: all axes except the last two are a receptive field.
 *
 * `limit = sqrt(6 / (field · (shape[-2] + shape[-1])))`. Keras applies it to attention's three-axis kernels too, whose
 * first axis is not a receptive field.
 *
 * @param shape - Shape of the kernel, rank ≥ 2.
 * @see Glorot & Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html
 */
export function glorotUniform(shape: readonly number[]): Distribution {
  requireArguments("glorotUniform", { shape }, { shape: LIST });
  const field = shape.slice(0, -2).reduce((size, side) => size * side, 1);
  return { kind: "uniform", limit: Math.sqrt(6 / (field * (shape.at(-2)! + shape.at(-1)!))) };
}

/**
 * Initializer whose weights are a function of seed and name, equal on all backends.
 *
 * @param distribution - Distribution of the whole tensor, or a function from an element's index to its distribution.
 * @param seed - uint32.
 * @param name - The weight's full name, for instance `blocks.0.attn/qkv.kernel`.
 */
export class KeyedInitializer extends tf.serialization.Serializable {
  static readonly className: string = "KeyedInitializer";
  readonly distributionAt: (index: number) => Distribution;
  readonly seed: number;
  readonly name: string;

  constructor(distribution: Distribution | ((index: number) => Distribution), seed: number, name: string) {
    super();
    if (typeof distribution !== "function") {
      requireKind("KeyedInitializer: distribution", distribution, "kind", CHECKS);
    }
    requireOptions("KeyedInitializer", { seed, name }, { seed: UINT32, name: STRING });
    this.distributionAt = typeof distribution === "function" ? distribution : () => distribution;
    this.seed = seed;
    this.name = name;
  }

  fromConfigUsesCustomObjects(): boolean {
    return false;
  }

  apply(shape: (number | null)[]): tf.Tensor {
    const sides = shape as number[]; // no axis of a weight is null
    const values = new Float32Array(sides.reduce((size, side) => size * side, 1));
    const site = siteOf(this.name);
    for (let i = 0; i < values.length; i++) values[i] = draw(this.distributionAt(i), i, site, this.seed);
    return tf.tensor(values, sides);
  }

  getConfig(): tf.serialization.ConfigDict {
    return { seed: this.seed, name: this.name };
  }
}

function draw(distribution: Distribution, index: number, site: number, seed: number): number {
  if (distribution.kind === "constant") return distribution.value;
  if (distribution.kind === "normal") return distribution.deviation * normal(seed, site, index);
  if (distribution.kind !== "uniform") {
    const { kind } = distribution as { readonly kind: unknown };
    throw new RangeError(
      `KeyedInitializer: distribution must be constant, uniform or normal, got '${String(kind)}'`,
    );
  }
  const [first] = philox2x32(index, site, seed);
  return distribution.limit * (first / 2 ** 31 - 1);
}
