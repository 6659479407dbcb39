import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";

const SPARED = ["cls_token", "dist_token", "reg_token", "pos_embed"];

/**
 * timm's rule for which variables of a model do not decay: vectors (biases, norms), and tokens and position embedding by
 * name. Everything else does.
 *
 * @param spared - Names, the last part of a variable's, of what is spared besides vectors. Default: a ViT's tokens and
 * position embedding.
 * @returns A test of variables' names, for `AdamWOptions.excludeFromDecay`.
 * @see timm's `param_groups_weight_decay` and `VisionTransformer.no_weight_decay`
 *
 * @example
 * const optimizer = new AdamW({ learningRate: 1e-3, weightDecay: 0.05, excludeFromDecay: timmNoDecay(model) });
 */
export function timmNoDecay(
  model: tfl.LayersModel,
  spared: readonly string[] = SPARED,
): (variableName: string) => boolean {
  if (!Array.isArray(spared) || !spared.every((name) => typeof name === "string")) {
    throw new TypeError(`timmNoDecay: spared must be a list of names, got ${JSON.stringify(spared)}`);
  }
  if (!Array.isArray(model?.trainableWeights))
    throw new TypeError(`timmNoDecay: model must be a tfl.LayersModel, got ${model}`);
  const isSpared = ({ originalName, shape }: tfl.LayerVariable): boolean => {
    const last = originalName.split(/[/.]/).at(-1)!;
    return shape.length < 2 || last === "bias" || spared.includes(last);
  };
  const names = model.trainableWeights
    .filter((weight) => isSpared(weight))
    .map((weight) => (weight.read() as tf.Variable).name);
  const set = new Set(names);
  return (name) => set.has(name);
}
