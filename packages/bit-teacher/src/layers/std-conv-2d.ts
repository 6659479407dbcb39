import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import {
  BOOLEAN,
  type Checks,
  COUNT,
  LAYER_OPTIONS,
  oneOf,
  optional,
  POSITIVE,
  requireOptions,
  UINT32,
} from "known-options";
import { KeyedNormal, kaimingFanOut } from "../initializer.ts";
import { weightStandardize } from "../ops/weight-standardize.ts";
import { type LayerArgs, single, singleShape } from "./base.ts";

/** Config of {@link StdConv2D}. */
export interface StdConv2DArgs extends LayerArgs {
  /** Number of output channels. */
  filters: number;
  /** Side of the square kernel. */
  kernelSize: number;
  /** Stride of both axes. Default 1. */
  strides?: number;
  /**
   * Padding with zeros. `"fixed"`: `kernelSize − 1` per axis, half on each side, as BiT; `"same"`: TensorFlow's, which
   * depends on the image's size; `"valid"`: none. Default `"fixed"`.
   */
  padding?: "fixed" | "same" | "valid";
  /** Whether to add a bias. Default false. */
  useBias?: boolean;
  /** Constant added to the variance of the weights, > 0. Default 1e-10, as Google's BiT; timm has 1e-8. */
  epsilon?: number;
  /** Seed of the initial weights, uint32. Default 0. */
  seed?: number;
  /** Initial weights; `"random"` is Kaiming's normal, as in timm. Default `"random"`. */
  init?: "random" | "zeros";
}

const CHECKS: Checks<StdConv2DArgs> = {
  ...LAYER_OPTIONS,
  filters: COUNT,
  kernelSize: COUNT,
  strides: optional(COUNT),
  padding: optional(oneOf("fixed", "same", "valid")),
  useBias: optional(BOOLEAN),
  epsilon: optional(POSITIVE),
  seed: optional(UINT32),
  init: optional(oneOf("random", "zeros")),
};

type Pad = "same" | "valid" | tf.backend_util.ExplicitPadding;

/**
 * Convolution with standardized weights: `conv2d(x, weightStandardize(kernel)) (+ bias)`, NHWC.
 *
 * Weights: `kernel` `[kernelSize, kernelSize, in, filters]` and, with `useBias`, `bias`, initialized with zeros.
 *
 * @throws RangeError if a count is not an integer ≥ 1 or `epsilon` is not positive; TypeError for an unknown option.
 * @see Qiao et al. 2019, https://arxiv.org/abs/1903.10520
 *
 * @example
 * const y = new StdConv2D({ filters: 8, kernelSize: 3, strides: 2 }).apply(tf.ones([1, 8, 8, 3])); // [1, 4, 4, 8]
 */
export class StdConv2D extends tfl.layers.Layer {
  static readonly className: string = "StdConv2D";
  readonly filters: number;
  readonly kernelSize: number;
  readonly strides: number;
  readonly padding: "fixed" | "same" | "valid";
  readonly useBias: boolean;
  readonly epsilon: number;
  readonly seed: number;
  readonly init: "random" | "zeros";
  private kernel: tfl.LayerVariable | undefined;
  private bias: tfl.LayerVariable | undefined;

  constructor(args: StdConv2DArgs) {
    super(requireOptions("StdConv2D", args, CHECKS));
    const { filters, kernelSize, strides = 1, padding = "fixed", useBias = false } = args;
    const { epsilon = 1e-10, seed = 0, init = "random" } = args;
    this.filters = filters;
    this.kernelSize = kernelSize;
    this.strides = strides;
    this.padding = padding;
    this.useBias = useBias;
    this.epsilon = epsilon;
    this.seed = seed;
    this.init = init;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const shape = singleShape(inputShape);
    const channels = shape.at(-1);
    if (shape.length !== 4 || !channels) {
      throw new RangeError(`StdConv2D: inputs must be [batch, height, width, channels], got [${shape}]`);
    }
    const deviation = this.init === "zeros" ? () => 0 : kaimingFanOut;
    const drawn = new KeyedNormal(deviation, this.seed, `${this.name}/kernel`);
    const { kernelSize, filters } = this;
    const kernelShape = [kernelSize, kernelSize, channels, filters];
    this.kernel = this.addWeight("kernel", kernelShape, "float32", drawn, undefined, true);
    if (this.useBias) {
      this.bias = this.addWeight("bias", [filters], "float32", tfl.initializers.zeros(), undefined, true);
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch = null, height = null, width = null] = singleShape(inputShape);
    const kept = this.padding === "valid" ? this.kernelSize - 1 : 0; // lost at the borders
    const side = (pixels: number | null) => pixels && Math.ceil((pixels - kept) / this.strides);
    return [batch, side(height), side(width), this.filters];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs) as tf.Tensor4D; // build() checked the rank
      const kernel = weightStandardize(this.kernel!.read() as tf.Tensor4D, this.epsilon);
      const y = tf.conv2d(x, kernel, this.strides, this.pad());
      return this.bias === undefined ? y : tf.add(y, this.bias.read());
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { filters, kernelSize, strides, padding, useBias, epsilon, seed, init } = this;
    return {
      ...super.getConfig(),
      ...{ filters, kernelSize, strides, padding, useBias, epsilon, seed, init },
    };
  }

  private pad(): Pad {
    if (this.padding !== "fixed") return this.padding;
    const before = Math.floor((this.kernelSize - 1) / 2);
    const sides: [number, number] = [before, this.kernelSize - 1 - before];
    return [[0, 0], sides, sides, [0, 0]];
  }
}

tf.serialization.registerClass(StdConv2D);
