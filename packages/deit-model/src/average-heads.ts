import * as tfl from "@tensorflow/tfjs-layers";

/**
 * The inference model of a distilled one, over the same weights: the mean of both heads' logits.
 *
 * `[batch, height, width, channels]` → `[batch, classes]`. Training either model changes both.
 *
 * @param model - Two outputs of one shape, as {@link deit} makes. Not disposed; disposing both needs both calls.
 * @returns A tfjs model that shares the weights of `model`.
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
