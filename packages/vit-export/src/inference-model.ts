import * as tfl from "@tensorflow/tfjs-layers";
import { averageHeads } from "deit-model";

/**
 * Returns the model that is exported: images to one output of logits, the mean of both heads of a distilled model, divided by the
 * temperature. It shares the model's weights, and owns none.
 */
export function inferenceModel(model: tfl.LayersModel, temperature: number): tfl.LayersModel {
  const single = model.outputs.length === 2 ? averageHeads(model) : model;
  if (temperature === 1) return single;
  const calibrated = tfl.layers
    .rescaling({ scale: 1 / temperature, name: "temperature" })
    .apply(single.outputs[0]!) as tfl.SymbolicTensor;
  return tfl.model({ inputs: single.inputs, outputs: calibrated, name: `${single.name}_calibrated` });
}
