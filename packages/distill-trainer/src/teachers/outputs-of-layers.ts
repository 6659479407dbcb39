import type * as tfl from "@tensorflow/tfjs-layers";
import type { ModelOutputs } from "./outputs.ts";

/** Layers that pass on what they get, at inference. */
const PASSING: ReadonlySet<string> = new Set(["Reshape", "Flatten", "Dropout", "Permute"]);
const BY_ACTIVATION: Readonly<Record<string, ModelOutputs>> = {
  softmax: "probabilities",
  sigmoid: "sigmoid",
  linear: "logits",
};

/**
 * What a layers model's output gives, read from its last layer that computes something: its activation, or a softmax layer.
 *
 * @param index - Which output. Default the first one.
 * @returns `undefined` where the layer does not say: one of another package, an average of several.
 *
 * @example
 * const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 3, activation: "softmax", inputShape: [4] })] });
 * console.log(outputsOfLayers(model)); // probabilities
 */
export function outputsOfLayers(model: tfl.LayersModel, index = 0): ModelOutputs | undefined {
  const output = model.outputs[index];
  return output === undefined ? undefined : outputsOfTensor(output);
}

/** @throws RangeError if an output of a model that is to be trained on logits ends in a softmax or a sigmoid. */
export function requireLogits(caller: string, model: tfl.LayersModel): void {
  model.outputs.forEach((output, index) => {
    const outputs = outputsOfLayers(model, index) ?? "logits";
    if (outputs === "logits") return;
    throw new RangeError(
      `${caller}: the model must give logits, got ${outputs === "sigmoid" ? "the outputs of a sigmoid" : outputs} ` +
        `('${output.sourceLayer.name}'): leave its last activation out`,
    );
  });
}

function outputsOfTensor({
  sourceLayer,
  inputs,
  outputTensorIndex,
}: tfl.SymbolicTensor): ModelOutputs | undefined {
  if (isModel(sourceLayer)) {
    const inner = sourceLayer.outputs[outputTensorIndex ?? 0];
    return inner === undefined ? undefined : outputsOfTensor(inner);
  }
  const name = sourceLayer.getClassName();
  if (name === "Softmax") return "probabilities";
  const { activation } = sourceLayer.getConfig();
  const [before] = inputs;
  const passes = PASSING.has(name) || (name === "Activation" && activation === "linear");
  if (passes) return before === undefined ? undefined : outputsOfTensor(before);
  return typeof activation === "string" && Object.hasOwn(BY_ACTIVATION, activation)
    ? BY_ACTIVATION[activation]
    : undefined;
}

/** A model used as a layer. */
function isModel(layer: tfl.layers.Layer): layer is tfl.LayersModel {
  return "layers" in layer && "outputs" in layer;
}
