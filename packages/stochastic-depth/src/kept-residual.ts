import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { LAYER_OPTIONS, requireOptions } from "known-options";
import { keptRows } from "./drop-mask.ts";
import { addMasked, addNothing, addToRows, leavesRowsOut } from "./row-ops.ts";

/**
 * Second half of stochastic depth after `KeptSamples`: `y = x + branch · mask`, where the branch has only the samples that the
 * mask keeps, or all.
 *
 * Inputs: x `[batch, ...]`, branch `[kept or batch, ...]`, mask `[batch]`; returns the shape of `x`. Only the mask is kept for
 * the backward pass; the branch's gradient has the branch's rows.
 *
 * @throws RangeError if the branch has another number of rows or another shape.
 *
 * @example
 * const keep = new KeptSamples({ dropProb: 0.5, name: "drop_path" });
 * const [kept, mask] = keep.apply(x, { training: true, sampleKeys: [7, 8] }) as tf.Tensor[];
 * const y = new KeptResidual().apply([x, tf.tanh(kept!), mask!]);
 */
export class KeptResidual extends tfl.layers.Layer {
  static readonly className: string = "KeptResidual";

  constructor(args: NonNullable<ConstructorParameters<typeof tfl.layers.Layer>[0]> = {}) {
    super(requireOptions("KeptResidual", args, LAYER_OPTIONS));
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return (inputShape as tfl.Shape[])[0]!; // a layer of several inputs gets a list
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const [x, branch, mask] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor];
      const [batch, ...sample] = x.shape;
      const [rows, ...own] = branch.shape;
      if (mask.shape.join() !== `${batch}` || own.join() !== sample.join()) throw misfit(x, branch, mask);
      if (rows === batch && !leavesRowsOut()) return addMasked(x, branch, mask);
      const factors = mask.dataSync();
      const kept = keptRows(factors);
      if (kept.length === 0 && rows === 1) return addNothing(x, branch); // the sample that stands for none
      if (rows === kept.length) return addToRows(x, branch, kept, factors[kept[0] ?? 0] || 1);
      if (rows === batch) return addMasked(x, branch, mask);
      throw misfit(x, branch, mask);
    });
  }
}

function misfit(...[x, branch, mask]: tf.Tensor[]): RangeError {
  return new RangeError(
    "KeptResidual: expected x [batch, ...], a branch of the same shape or of the samples that the mask keeps, and a mask [batch], " +
      `got [${x!.shape}], [${branch!.shape}] and [${mask!.shape}]`,
  );
}

tf.serialization.registerClass(KeptResidual);
