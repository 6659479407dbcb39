// A small ViT with the weights of timm's in a fixture.
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { timmName, type VitConfig, vit } from "deit-model";
import { errorOverLargest, floats, type Packed } from "test-kit";

/** A ViT with these weights, by timm's names and in our layout. */
export function timmVit(config: VitConfig, weights: Readonly<Record<string, Packed>>): tfl.LayersModel {
  const model = vit(config);
  for (const weight of model.weights) {
    const packed = weights[timmName(weight.originalName)]!;
    weight.write(tf.tensor(floats(packed), [...weight.shape] as number[]));
  }
  return model;
}

/** Largest relative error of the variables, except the keys' biases, which softmax ignores: their gradient is rounding. */
export function variableError(model: tfl.LayersModel, end: Readonly<Record<string, Packed>>): number {
  const errors = model.weights.map((weight) => {
    const name = timmName(weight.originalName);
    const [actual, expected] = [weight.read().dataSync() as Float32Array, floats(end[name]!)];
    if (!name.endsWith("qkv.bias")) return errorOverLargest(actual, expected);
    const third = expected.length / 3;
    const parts = [0, 2].map((at) => [actual, expected].map((x) => x.subarray(at * third, (at + 1) * third)));
    return Math.max(...parts.map(([a, b]) => errorOverLargest(a!, b!)));
  });
  return Math.max(...errors);
}
