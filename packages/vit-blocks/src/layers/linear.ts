import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, COUNT } from "known-options";
import { glorotUniform } from "../initializer.ts";
import { linear } from "../ops/linear.ts";
import {
  SEEDED_OPTIONS,
  type SeededArgs,
  SeededLayer,
  single,
  singleShape,
  TIMM_NORMAL,
  ZEROS,
} from "./base.ts";

/** Config of {@link Linear}. */
export interface LinearArgs extends SeededArgs {
  /** Output features. */
  units: number;
}

const CHECKS: Checks<LinearArgs> = { ...SEEDED_OPTIONS, units: COUNT };

/**
 * {@link linear} as a layer, for classification heads: `[..., dim]` → `[..., units]`. Weights: `kernel` and `bias`.
 *
 * @throws RangeError if `units` is not an integer ≥ 1.
 *
 * @example
 * const logits = new Linear({ units: 5 }).apply(tf.ones([1, 192])); // [1, 5]
 */
export class Linear extends SeededLayer<LinearArgs> {
  static readonly className: string = "Linear";
  readonly units: number;

  constructor(args: LinearArgs) {
    super("Linear", args, CHECKS);
    this.units = args.units;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const shape = [singleShape(inputShape).at(-1)!, this.units];
    this.addSeeded("kernel", shape, this.init === "timm" ? TIMM_NORMAL : glorotUniform(shape));
    this.addSeeded("bias", [this.units], ZEROS);
    this.built = true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return [...singleShape(inputShape).slice(0, -1), this.units];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return linear(single(inputs), this.weight("kernel"), this.weight("bias"));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), units: this.units };
  }
}

tf.serialization.registerClass(Linear);
