import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, integerFrom, LAYER_OPTIONS, optional, requireOptions } from "known-options";
import { tokenMean } from "../../ops/token-mean.ts";
import { type LayerArgs, single, singleShape } from "../base.ts";

/** Config of {@link TokenMean}. */
export interface TokenMeanArgs extends LayerArgs {
  /** Index of the first token of the mean: the number of class tokens and registers. Default 0. */
  from?: number;
}

const CHECKS: Checks<TokenMeanArgs> = { ...LAYER_OPTIONS, from: optional(integerFrom(0)) };

/**
 * Returns the mean of the tokens from one on, as timm's `global_pool="avg"` of the patches: `[batch, tokens, dim]` → `[batch, dim]`.
 *
 * @throws RangeError if `from` is not an integer ≥ 0 or leaves no token.
 *
 * @example
 * const pooled = new TokenMean({ from: 1 }).apply(tf.ones([1, 197, 192])); // [1, 192]
 */
export class TokenMean extends tfl.layers.Layer {
  static readonly className: string = "TokenMean";
  readonly from: number;

  constructor(args: TokenMeanArgs = {}) {
    super(requireOptions("TokenMean", args, CHECKS));
    this.from = args.from ?? 0;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch, tokens, dim] = singleShape(inputShape);
    if (typeof tokens === "number" && tokens <= this.from) {
      throw new RangeError(`TokenMean: from must be < ${tokens}, the number of tokens, got ${this.from}`);
    }
    return [batch!, dim!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = single(inputs);
    this.computeOutputShape(x.shape); // throws if no token is left
    return tokenMean(x, this.from);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), from: this.from };
  }
}

tf.serialization.registerClass(TokenMean);
