import * as tfl from "@tensorflow/tfjs-layers";

/**
 * Returns the inference model of a distilled model, whose output is the mean of both heads' logits.
 *
 * `[batch, height, width, channels]` → `[batch, classes]`. Both models share their weights.
 *
 * @param model - A model with two outputs of one shape, such as {@link deit}. Not disposed; dispose of each model separately.
 * @throws RangeError if `model` does not have two outputs of one shape.
 * @see Touvron et al. 2020, section 4, https://arxiv.org/abs/2012.12877
 *
 * @example
 * const logits = averageHeads(student).predict(images);
 */
export function averageHeads(model: tfl.LayersModel): tfl.LayersModel {
  if (!Array.isArray(model?.outputs)) {
    throw new TypeError(`averageHeads: model must be a tfjs layers model, got ${typeof model}`);
  }
  const shapes = model.outputs.map(({ shape }) => `[${shape.map((side) => side ?? "batch")}]`);
  if (shapes.length !== 2 || shapes[0] !== shapes[1]) {
    throw new RangeError(
      `averageHeads: the model must have two outputs of one shape, got ${shapes.join(", ")}`,
    );
  }
  const mean = tfl.layers.average({ name: "mean_of_heads" }).apply(model.outputs) as tfl.SymbolicTensor;
  return tfl.model({ inputs: model.inputs, outputs: mean, name: `${model.name}_mean` });
}
