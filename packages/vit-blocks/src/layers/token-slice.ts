import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type LayerArgs, requireCounts, single, singleShape } from "./base.ts";

/** Config of {@link FirstTokens}. */
export interface FirstTokensArgs extends LayerArgs {
  /** How many. */
  count: number;
}

/**
 * The first tokens: `[batch, tokens, dim]` → `[batch, count, dim]`.
 *
 * @throws RangeError if `count` is no integer ≥ 1.
 *
 * @example
 * const tokens = new FirstTokens({ count: 2 }).apply(tf.ones([1, 198, 192])); // [1, 2, 192]
 */
export class FirstTokens extends tfl.layers.Layer {
  static readonly className: string = "FirstTokens";
  readonly count: number;

  constructor(args: FirstTokensArgs) {
    super(args);
    this.count = args.count;
    requireCounts("FirstTokens", { count: this.count });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch, , dim] = singleShape(inputShape);
    return [batch!, this.count, dim!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.slice(single(inputs), [0, 0, 0], [-1, this.count, -1]);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), count: this.count };
  }
}

/** Config of {@link TokenAt}. */
export interface TokenAtArgs extends LayerArgs {
  /** Which, from 0. */
  index: number;
}

/**
 * One token: `[batch, tokens, dim]` → `[batch, dim]`.
 *
 * @throws RangeError if `index` is no integer ≥ 0.
 *
 * @example
 * const classToken = new TokenAt({ index: 0 }).apply(tf.ones([1, 198, 192])); // [1, 192]
 */
export class TokenAt extends tfl.layers.Layer {
  static readonly className: string = "TokenAt";
  readonly index: number;

  constructor(args: TokenAtArgs) {
    super(args);
    this.index = args.index;
    if (!(Number.isInteger(this.index) && this.index >= 0)) {
      throw new RangeError(`TokenAt: index must be an integer >= 0, got ${this.index}`);
    }
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch, , dim] = singleShape(inputShape);
    return [batch!, dim!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      return tf.reshape(tf.slice(x, [0, this.index, 0], [-1, 1, -1]), [x.shape[0]!, x.shape[2]!]);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), index: this.index };
  }
}

tf.serialization.registerClass(FirstTokens);
tf.serialization.registerClass(TokenAt);
