import * as tfl from "@tensorflow/tfjs-layers";
import { MODEL, optional, requireArguments, requireOptions, STRING } from "known-options";
import { layersOfModel } from "../models/layers-of-model.ts";

/** Options of {@link featureModel}. */
export interface FeatureModelOptions {
  /** Name of the layer whose output are the features. Default: the input of the head. */
  readonly layer?: string;
}

/**
 * Returns the feature extractor of a classifier: a model `[batch, width]` that shares its variables.
 *
 * By default the features are the input of the last layers with weights: of a ViT its class token, of a convolutional network the
 * pooled maps. Of a model that averages two heads, as `averageHeads` does, they are the mean of both heads' tokens, as timm's.
 * Maps and tokens of a `layer` are averaged over their places.
 *
 * @param model - A classifier with one output. Not disposed; dispose of each model separately.
 * @throws TypeError for an unknown option. RangeError if there is no such layer, or no head is found: name a layer then.
 *
 * @example
 * const features = await extractFeatures(featureModel(model), source); // of a classifier, without its head
 * console.log(features.width); // 192: pixels, for this model is a dense layer alone
 */
export function featureModel(model: tfl.LayersModel, options: FeatureModelOptions = {}): tfl.LayersModel {
  const { layer } = requireOptions("featureModel", options, { layer: optional(STRING) });
  requireArguments("featureModel", { model }, { model: MODEL });
  const outputs = layer === undefined ? headInputs(model) : [outputOf(model, layer)];
  const vectors = [...new Set(outputs)].map(pooled);
  const [first, ...others] = vectors;
  const width = first?.shape[1];
  if (first === undefined || vectors.some(({ shape }) => shape[1] !== width))
    throw new RangeError("featureModel: the model's heads must have inputs of one width; name a layer");
  const mean = others.length === 0 ? first : (tfl.layers.average().apply(vectors) as tfl.SymbolicTensor);
  return tfl.model({ inputs: model.inputs, outputs: mean, name: `${model.name}_features` });
}

/** Inputs of the last layers with weights before the output. */
function headInputs(model: tfl.LayersModel): tfl.SymbolicTensor[] {
  if (model.outputs.length !== 1)
    throw new RangeError(
      `featureModel: the model must have one output, got ${model.outputs.length}; name a layer`,
    );
  const found: tfl.SymbolicTensor[] = [];
  const walk = (tensor: tfl.SymbolicTensor): void => {
    const { sourceLayer, nodeIndex } = tensor as tfl.SymbolicTensor & Source;
    const node = sourceLayer.inboundNodes[nodeIndex]!;
    const isHead = sourceLayer.weights.length > 0;
    if (node.inputTensors.length === 0 || "layers" in sourceLayer)
      throw new RangeError(`featureModel: no head is found before '${sourceLayer.name}'; name a layer`);
    for (const input of node.inputTensors) {
      if (isHead) found.push(input);
      else walk(input);
    }
  };
  walk(model.outputs[0]!);
  return found;
}

/** Where a symbolic tensor comes from; tfjs' types hide it. */
interface Source {
  readonly sourceLayer: tfl.layers.Layer;
  readonly nodeIndex: number;
}

function outputOf(model: tfl.LayersModel, layer: string): tfl.SymbolicTensor {
  return layersOfModel("featureModel: the model", model).outputOf(layer);
}

/** `[batch, width]` of a vector, tokens or maps. */
function pooled(tensor: tfl.SymbolicTensor): tfl.SymbolicTensor {
  const { rank } = tensor;
  if (rank === 2) return tensor;
  if (rank === 3) return tfl.layers.globalAveragePooling1d({}).apply(tensor) as tfl.SymbolicTensor;
  if (rank === 4) return tfl.layers.globalAveragePooling2d({}).apply(tensor) as tfl.SymbolicTensor;
  throw new RangeError(`featureModel: features must be vectors, tokens or maps, got [${tensor.shape}]`);
}
