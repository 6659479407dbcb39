import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { bytesSource, openSafetensors, safetensorsBytes } from "safetensors-io";

/** A model's weights by their names in tfjs, as a safetensors file. */
export function modelBytes(model: tfl.LayersModel): Promise<Uint8Array<ArrayBuffer>> {
  return safetensorsBytes(
    model.weights.map((weight) => ({
      name: weight.originalName,
      shape: weight.shape as number[],
      data: async () => (await weight.read().data()) as Float32Array,
    })),
  );
}

/** Sets a model's weights to those of such a file. @throws Error if a weight is missing or has another shape. */
export async function restoreModel(model: tfl.LayersModel, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const file = await openSafetensors(bytesSource(bytes));
  const values = await Promise.all(model.weights.map(({ originalName }) => file.read(originalName)));
  tf.tidy(() => {
    model.setWeights(
      model.weights.map(({ shape }, i) => tf.tensor(values[i]! as Float32Array, shape as number[])),
    );
  });
}
