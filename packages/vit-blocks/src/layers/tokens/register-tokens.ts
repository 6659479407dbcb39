import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, COUNT } from "known-options";
import type { Distribution } from "../../initializer.ts";
import { prependTokens } from "../../ops/prepend-tokens.ts";
import { SEEDED_OPTIONS, type SeededArgs, SeededLayer, single, singleShape, TIMM_NORMAL } from "../base.ts";

/** Config of {@link RegisterTokens}. */
export interface RegisterTokensArgs extends SeededArgs {
  /** Number of registers. */
  count: number;
}

const CHECKS: Checks<RegisterTokensArgs> = { ...SEEDED_OPTIONS, count: COUNT };
const TIMM_REGISTERS: Distribution = { kind: "normal", deviation: 1e-6 };

/**
 * Prepends registers: learned tokens that no head reads, where a ViT can keep what it would otherwise write over patches of the
 * background.
 *
 * `[batch, tokens, dim]` → `[batch, count + tokens, dim]`. timm's order is class token, registers, patches: apply it before
 * `ClassTokens`. Weight: `reg_token` `[1, count, dim]`, normal with standard deviation 0.02 (registers that start equal would stay
 * equal); with `init: "timm"` 1e-6, as timm's.
 *
 * @throws RangeError if `count` is not an integer ≥ 1.
 * @see Darcet et al. 2023, "Vision Transformers Need Registers", https://arxiv.org/abs/2309.16588
 *
 * @example
 * const all = new RegisterTokens({ count: 4 }).apply(tf.zeros([1, 196, 192])); // [1, 200, 192]
 */
export class RegisterTokens extends SeededLayer<RegisterTokensArgs> {
  static readonly className: string = "RegisterTokens";
  readonly count: number;

  constructor(args: RegisterTokensArgs) {
    super("RegisterTokens", args, CHECKS);
    this.count = args.count;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const shape = [1, this.count, singleShape(inputShape)[2]!];
    this.addSeeded("reg_token", shape, this.init === "timm" ? TIMM_REGISTERS : TIMM_NORMAL);
    this.built = true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch, tokens, dim] = singleShape(inputShape);
    return [batch!, tokens! + this.count, dim!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return prependTokens(single(inputs), [this.weight("reg_token")]);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), count: this.count };
  }
}

tf.serialization.registerClass(RegisterTokens);
