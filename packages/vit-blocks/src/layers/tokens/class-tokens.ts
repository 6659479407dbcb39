import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { BOOLEAN, type Checks, optional } from "known-options";
import { prependTokens } from "../../ops/prepend-tokens.ts";
import {
  SEEDED_OPTIONS,
  type SeededArgs,
  SeededLayer,
  single,
  singleShape,
  TIMM_NORMAL,
  ZEROS,
} from "../base.ts";

/** Config of {@link ClassTokens}. */
export interface ClassTokensArgs extends SeededArgs {
  /** Whether to prepend DeiT's distillation token too. Default false. */
  distilled?: boolean;
}

const CHECKS: Checks<ClassTokensArgs> = { ...SEEDED_OPTIONS, distilled: optional(BOOLEAN) };

/**
 * Prepends learned tokens: the class token, and for a distilled model the distillation token after it.
 *
 * `[batch, tokens, dim]` → `[batch, 1 or 2 + tokens, dim]`. Weights: `cls_token` and `dist_token`, `[1, 1, dim]`,
 * initialized with zeros; with `init: "timm"` normal, standard deviations 1e-6 and 0.02.
 *
 * @see Touvron et al. 2020, section 4, https://arxiv.org/abs/2012.12877
 *
 * @example
 * const all = new ClassTokens({ distilled: true }).apply(tf.zeros([1, 196, 192])); // [1, 198, 192]
 */
export class ClassTokens extends SeededLayer<ClassTokensArgs> {
  static readonly className: string = "ClassTokens";
  readonly distilled: boolean;
  private tokens: tfl.LayerVariable[] = [];

  constructor(args: ClassTokensArgs = {}) {
    super("ClassTokens", args, CHECKS);
    this.distilled = args.distilled ?? false;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const shape = [1, 1, singleShape(inputShape)[2]!];
    const timm = this.init === "timm";
    const tiny = { kind: "normal", deviation: 1e-6 } as const;
    this.tokens = [this.addSeeded("cls_token", shape, timm ? tiny : ZEROS)];
    if (this.distilled) this.tokens.push(this.addSeeded("dist_token", shape, timm ? TIMM_NORMAL : ZEROS));
    this.built = true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch, tokens, dim] = singleShape(inputShape);
    return [batch!, tokens! + (this.distilled ? 2 : 1), dim!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return prependTokens(
      single(inputs),
      this.tokens.map((token) => token.read()),
    );
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), distilled: this.distilled };
  }
}

tf.serialization.registerClass(ClassTokens);
