import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";

/** As Keras': a smaller deviation counts as this. */
const LEAST_DEVIATION = 1e-7;

interface NormalizationConfig {
  readonly axis?: number | readonly number[] | null;
  readonly mean?: unknown;
  readonly variance?: unknown;
  readonly invert?: boolean;
  readonly [key: string]: unknown;
}

/** One number per channel, or one for all. */
interface Statistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/**
 * Keras' `Normalization`, the first layer of its EfficientNets, which tfjs lacks: `(x − mean) / max(√variance, 1e-7)`, by channel
 * or with one number for all. Mean and variance are in its configuration, or are weights, set by `adapt`.
 *
 * @see https://keras.io/api/layers/preprocessing_layers/numerical/normalization/
 */
export class Normalization extends tfl.layers.Layer {
  static readonly className = "Normalization";
  readonly #config: NormalizationConfig;
  #adapted: readonly [mean: tfl.LayerVariable, variance: tfl.LayerVariable] | undefined;
  #statistics: Statistics | undefined;

  constructor(config: NormalizationConfig) {
    super(config as ConstructorParameters<typeof tfl.layers.Layer>[0]);
    this.#config = config;
    const { mean, variance } = config;
    if (mean !== undefined && mean !== null)
      this.#statistics = statisticsOf(numbersIn(mean), numbersIn(variance));
  }

  /** Mean and deviation. For those that are weights: `undefined` before {@link readStatistics}. */
  get statistics(): Statistics | undefined {
    return this.#statistics;
  }

  get inverts(): boolean {
    return this.#config.invert === true;
  }

  /** Reads mean and variance from loaded weights. */
  async readStatistics(): Promise<void> {
    if (this.#adapted === undefined) return;
    const [mean, variance] = await Promise.all(this.#adapted.map((weight) => weight.read().data()));
    this.#statistics = statisticsOf([...mean!], [...variance!]);
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tfl.Shape;
    const { axis = -1 } = this.#config;
    const axes = axis === null ? [] : [axis].flat();
    const isLast = axes.length === 1 && [-1, shape.length - 1].includes(axes[0]!);
    if (axes.length > 0 && !isLast) {
      throw new Error(`Normalization '${this.name}': expected one axis, the last, or none, got [${axes}]`);
    }
    if (this.#statistics === undefined) {
      const size = isLast ? [shape.at(-1)!] : [];
      const [zeros, ones] = [tfl.initializers.zeros(), tfl.initializers.ones()];
      const weight = (name: string, dims: number[], type: "float32" | "int32", initial: typeof zeros) =>
        this.addWeight(name, dims, type, initial, undefined, false);
      this.#adapted = [weight("mean", size, "float32", zeros), weight("variance", size, "float32", ones)];
      weight("count", [], "int32", zeros);
    }
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const [x] = [inputs].flat();
      const { mean, deviation } = this.#tensors();
      return this.inverts ? tf.add(tf.mul(x!, deviation), mean) : tf.div(tf.sub(x!, mean), deviation);
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { axis = -1, mean = null, variance = null, invert = false } = this.#config;
    return { ...super.getConfig(), axis, mean, variance, invert } as tf.serialization.ConfigDict;
  }

  #tensors(): { mean: tf.Tensor; deviation: tf.Tensor } {
    if (this.#adapted !== undefined) {
      const [mean, variance] = this.#adapted.map((weight) => weight.read());
      return { mean: mean!, deviation: tf.maximum(tf.sqrt(variance!), LEAST_DEVIATION) };
    }
    const { mean, deviation } = this.#statistics!;
    const tensor = (values: readonly number[]) =>
      values.length === 1 ? tf.scalar(values[0]!) : tf.tensor1d([...values]);
    return { mean: tensor(mean), deviation: tensor(deviation) };
  }
}
tf.serialization.registerClass(
  Normalization as unknown as Parameters<typeof tf.serialization.registerClass>[0],
);

function statisticsOf(mean: readonly number[], variance: readonly number[]): Statistics {
  return { mean, deviation: variance.map((one) => Math.max(Math.sqrt(one), LEAST_DEVIATION)) };
}

/** Numbers of nested lists: Keras writes them in the shape in which they are broadcast. */
function numbersIn(value: unknown): number[] {
  const numbers = [value].flat(Number.POSITIVE_INFINITY).map(Number);
  if (numbers.length > 0 && numbers.every(Number.isFinite)) return numbers;
  throw new Error(`Normalization: expected numbers as mean and variance, got ${JSON.stringify(value)}`);
}
