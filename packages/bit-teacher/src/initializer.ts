import * as tf from "@tensorflow/tfjs-core";
import { normal, siteOf } from "sample-keys";

/**
 * Normal initializer whose weights are a function of seed and name, equal on all backends.
 *
 * @param deviation - Returns the standard deviation for the weight's shape; 0 gives zeros.
 * @param seed - uint32.
 * @param name - The weight's full name.
 */
export class KeyedNormal extends tf.serialization.Serializable {
  static readonly className: string = "KeyedNormal";
  readonly deviation: (shape: readonly number[]) => number;
  readonly seed: number;
  readonly name: string;

  constructor(deviation: (shape: readonly number[]) => number, seed: number, name: string) {
    super();
    this.deviation = deviation;
    this.seed = seed;
    this.name = name;
  }

  fromConfigUsesCustomObjects(): boolean {
    return false;
  }

  apply(shape: (number | null)[]): tf.Tensor {
    const sides = shape as number[]; // no axis of a weight is null
    const deviation = this.deviation(sides);
    if (deviation === 0) return tf.zeros(sides);
    const site = siteOf(this.name);
    const values = new Float32Array(tf.util.sizeFromShape(sides));
    for (let i = 0; i < values.length; i++) values[i] = deviation * normal(this.seed, site, i);
    return tf.tensor(values, sides);
  }

  getConfig(): tf.serialization.ConfigDict {
    return { seed: this.seed, name: this.name };
  }
}

/**
 * Returns Kaiming's standard deviation for ReLU, fan-out mode, as timm's for convolutions: `sqrt(2 / (height · width · out))`.
 *
 * @see He et al. 2015, https://arxiv.org/abs/1502.01852
 */
export function kaimingFanOut(shape: readonly number[]): number {
  const [height = 1, width = 1, , outputs = 1] = shape;
  return Math.sqrt(2 / (height * width * outputs));
}
