import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";

/** A model of two layers on tfjs' plain backend. */
export async function tinyModel(): Promise<tfl.Sequential> {
  await tf.setBackend("cpu");
  const model = tfl.sequential();
  model.add(tfl.layers.dense({ units: 3, inputShape: [4], activation: "relu", name: "hidden" }));
  model.add(tfl.layers.dense({ units: 2, name: "head" }));
  return model;
}

/** All numbers of a model. */
export function numbersOf(model: tfl.LayersModel): Float32Array {
  return Float32Array.from(model.weights.flatMap((weight) => [...weight.read().dataSync()]));
}
