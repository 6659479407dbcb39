import type * as tfl from "@tensorflow/tfjs-layers";
import { MODEL, requireArguments } from "known-options";
import type { ModelOutputs } from "./outputs.ts";

/** Layers that do not change values at inference. */
const PASSING: ReadonlySet<string> = new Set(["Reshape", "Flatten", "Dropout", "Permute"]);
const BY_ACTIVATION: Readonly<Record<string, ModelOutputs>> = {
  softmax: "probabilities",
  sigmoid: "sigmoid",
  linear: "logits",
};

/**
 * Returns the kind of a layers model's output, from the activation of its last computing layer.
 *
 * @param index - Index of the output. Default 0.
 * @returns The kind; `undefined` if unknown, as for a custom layer or an average.
 *
 * @example
 * const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 3, activation: "softmax", inputShape: [4] })] });
 * console.log(outputsOfLayers(model)); // probabilities
 */
export function outputsOfLayers(model: tfl.LayersModel, index = 0): ModelOutputs | undefined {
  requireArguments("outputsOfLayers", { model }, { model: MODEL });
  const output = model.outputs[index];
  return output === undefined ? undefined : outputsOfTensor(output);
}

/** Throws a RangeError if an output of a model to train ends in a softmax or a sigmoid. */
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
