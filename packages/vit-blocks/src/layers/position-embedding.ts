import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { addToEach } from "../ops/add-to-each.ts";
import {
  SEEDED_OPTIONS,
  type SeededArgs,
  SeededLayer,
  single,
  singleShape,
  TIMM_NORMAL,
  ZEROS,
} from "./base.ts";

/**
 * Adds a learned vector per position: `y[b, t] = x[b, t] + pos_embed[0, t]`.
 *
 * `[batch, tokens, dim]` → same shape. Weight: `pos_embed` `[1, tokens, dim]`, initialized with zeros; with `init: "timm"`
 * normal, standard deviation 0.02.
 *
 * @see Dosovitskiy et al. 2020, section 3.1, https://arxiv.org/abs/2010.11929
 *
 * @example
 * const placed = new PositionEmbedding().apply(tf.zeros([1, 198, 192])); // [1, 198, 192]
 */
export class PositionEmbedding extends SeededLayer {
  static readonly className: string = "PositionEmbedding";

  constructor(args: SeededArgs = {}) {
    super("PositionEmbedding", args, SEEDED_OPTIONS);
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const [, tokens, dim] = singleShape(inputShape);
    const first = this.init === "timm" ? TIMM_NORMAL : ZEROS;
    this.addSeeded("pos_embed", [1, tokens!, dim!], first);
    this.built = true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return singleShape(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return addToEach(single(inputs), this.weight("pos_embed"));
  }
}

tf.serialization.registerClass(PositionEmbedding);
