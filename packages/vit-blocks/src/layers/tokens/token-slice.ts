import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, COUNT, integerFrom, LAYER_OPTIONS, requireOptions } from "known-options";
import { tokenAt } from "../../ops/token-at.ts";
import { type LayerArgs, single, singleShape } from "../base.ts";

/** Config of {@link FirstTokens}. */
export interface FirstTokensArgs extends LayerArgs {
  /** Number of tokens. */
  count: number;
}

const FIRST_TOKENS: Checks<FirstTokensArgs> = { ...LAYER_OPTIONS, count: COUNT };

/**
 * Returns the first tokens: `[batch, tokens, dim]` → `[batch, count, dim]`.
 *
 * @throws RangeError if `count` is not an integer ≥ 1.
 *
 * @example
 * const tokens = new FirstTokens({ count: 2 }).apply(tf.ones([1, 198, 192])); // [1, 2, 192]
 */
export class FirstTokens extends tfl.layers.Layer {
  static readonly className: string = "FirstTokens";
  readonly count: number;

  constructor(args: FirstTokensArgs) {
    super(requireOptions("FirstTokens", args, FIRST_TOKENS));
    this.count = args.count;
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
  /** Index of the token, from 0. */
  index: number;
}

const TOKEN_AT: Checks<TokenAtArgs> = { ...LAYER_OPTIONS, index: integerFrom(0) };

/**
 * Returns one token: `[batch, tokens, dim]` → `[batch, dim]`.
 *
 * @throws RangeError if `index` is not an integer ≥ 0.
 *
 * @example
 * const classToken = new TokenAt({ index: 0 }).apply(tf.ones([1, 198, 192])); // [1, 192]
 */
export class TokenAt extends tfl.layers.Layer {
  static readonly className: string = "TokenAt";
  readonly index: number;

  constructor(args: TokenAtArgs) {
    super(requireOptions("TokenAt", args, TOKEN_AT));
    this.index = args.index;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch, , dim] = singleShape(inputShape);
    return [batch!, dim!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tokenAt(single(inputs), this.index);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), index: this.index };
  }
}

tf.serialization.registerClass(FirstTokens);
tf.serialization.registerClass(TokenAt);
