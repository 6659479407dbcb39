import * as tfl from "@tensorflow/tfjs-layers";
import { MODEL, requireArguments } from "known-options";
import type { BitConfig } from "./config.ts";
import { GroupNorm } from "./layers/group-norm.ts";
import { StdConv2D } from "./layers/std-conv-2d.ts";
import { planBit, type UnitPlan } from "./plan.ts";

/** Name of the layer whose output are an image's features: the spatial mean before the head. */
export const FEATURES = "feature_vector";

interface Parts {
  readonly conv: (
    x: tfl.SymbolicTensor,
    name: string,
    kernelSize: number,
    filters: number,
    strides?: number,
  ) => tfl.SymbolicTensor;
  readonly normRelu: (x: tfl.SymbolicTensor, name: string) => tfl.SymbolicTensor;
}

/**
 * Creates a BiT ResNet-v2 classifier: pre-activation bottleneck units with GroupNorm and standardized weights, without
 * batch statistics. Layers have timm's names.
 *
 * Images are RGB in [−1, 1]. For the features, `[batch, features]`, see {@link featuresOf}.
 *
 * @returns A model `[batch, height, width, 3]` → logits `[batch, classes]`, or `[batch, features]` if `classes` is 0, as
 * timm's `num_classes=0`; owned by the caller.
 * @throws RangeError if the config is not valid.
 * @see Kolesnikov et al. 2019, "Big Transfer", https://arxiv.org/abs/1912.11370; He et al. 2016,
 * https://arxiv.org/abs/1603.05027
 *
 * @example
 * const model = bit({ ...bitSizes.tiny, classes: 5, imageSize: 48 });
 */
export function bit(config: BitConfig): tfl.LayersModel {
  const { stem, units, features, groups, weightEpsilon: epsilon } = planBit("bit", config);
  const { classes, imageSize = null, seed = 0, init = "random" } = config;
  if (classes === undefined) throw new RangeError("bit: classes must be an integer >= 0, got undefined");

  const parts: Parts = {
    conv: (x, name, kernelSize, filters, strides = 1) =>
      apply(new StdConv2D({ name, kernelSize, filters, strides, epsilon, seed, init }), x),
    normRelu: (x, name) =>
      apply(tfl.layers.reLU({ name: `${name}.act` }), apply(new GroupNorm({ name, groups }), x)),
  };
  const [height, width] =
    typeof imageSize === "object" && imageSize !== null ? imageSize : [imageSize, imageSize];
  const input = tfl.input({ shape: [height, width, 3], name: "images" });
  let x = parts.conv(input, "stem.conv", 7, stem, 2);
  // Padded with zeros, which may be the maximum at a border: there is no ReLU before the pooling.
  x = apply(tfl.layers.zeroPadding2d({ padding: 1, name: "stem.pad" }), x);
  x = apply(tfl.layers.maxPooling2d({ poolSize: 3, strides: 2, name: "stem.pool" }), x);
  for (const plan of units) x = unit(x, plan, parts);
  x = parts.normRelu(x, "norm");
  x = apply(tfl.layers.globalAveragePooling2d({ name: FEATURES }), x);

  const name = `bit_${features}`;
  if (classes === 0) return tfl.model({ inputs: input, outputs: x, name });
  const head = tfl.layers.dense({ units: classes, kernelInitializer: "zeros", name: "head.fc" }); // as BiT's for a new task
  return tfl.model({ inputs: input, outputs: apply(head, x), name });
}

/**
 * Returns the feature extractor of a model of {@link bit}, or of any model with that layer.
 *
 * @param layer - Name of the layer whose output are the features. Default {@link FEATURES}.
 * @returns A model with the output `[batch, features]` that shares all variables with `model`.
 * @throws Error of tfjs if there is no such layer.
 *
 * @example
 * const features = featuresOf(model).predict(images); // [batch, 2048] for an R50x1
 */
export function featuresOf(model: tfl.LayersModel, layer: string = FEATURES): tfl.LayersModel {
  requireArguments("featuresOf", { model }, { model: MODEL });
  return tfl.model({ inputs: model.inputs, outputs: model.getLayer(layer).output as tfl.SymbolicTensor });
}

function unit(x: tfl.SymbolicTensor, plan: UnitPlan, { conv, normRelu }: Parts): tfl.SymbolicTensor {
  const { name, inner, outputs, stride, projects } = plan;
  const active = normRelu(x, `${name}.norm1`);
  const shortcut = projects ? conv(active, `${name}.downsample.conv`, 1, outputs, stride) : x;
  let y = conv(active, `${name}.conv1`, 1, inner);
  y = conv(normRelu(y, `${name}.norm2`), `${name}.conv2`, 3, inner, stride);
  y = conv(normRelu(y, `${name}.norm3`), `${name}.conv3`, 1, outputs);
  return tfl.layers.add({ name: `${name}.add` }).apply([shortcut, y]) as tfl.SymbolicTensor;
}

function apply(layer: tfl.layers.Layer, x: tfl.SymbolicTensor): tfl.SymbolicTensor {
  return layer.apply(x) as tfl.SymbolicTensor;
}
