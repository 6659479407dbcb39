import * as tfl from "@tensorflow/tfjs-layers";
import { FEATURES } from "bit-teacher";
import { loadLayersModelFile } from "../files/layers-model-files.ts";

/** A pretrained model from disk. */
export interface Backbone {
  readonly model: tfl.LayersModel;
  /** `[batch, width]` of the layer `feature_vector`; absent where the model knows the data's classes already. */
  readonly features?: tfl.LayersModel;
  /** Pixels, square. */
  readonly imageSize: number;
}

/**
 * Opens a tfjs layers model as a teacher-to-be.
 *
 * @throws Error naming the path if its images are not square RGB, or it has neither `classes` outputs nor a layer
 * `feature_vector` with one vector an image.
 */
export async function loadBackbone(path: string, classes: number): Promise<Backbone> {
  const model = await loadLayersModelFile(path);
  const [, height, width, channels] = model.inputs[0]!.shape;
  if (model.inputs.length !== 1 || typeof height !== "number" || height !== width || channels !== 3) {
    const shape = model.inputs[0]!.shape.slice(1).map((side) => side ?? "any");
    throw new Error(`${path}: expected a teacher of square RGB images, got one of [${shape.join(", ")}]`);
  }
  const known = { model, imageSize: height };
  const { shape } = model.outputs[0]!;
  if (model.outputs.length === 1 && shape.length === 2 && shape[1] === classes) return known;

  const layer = model.layers.find(({ name }) => name === FEATURES);
  const output = layer?.output as tfl.SymbolicTensor | undefined;
  if (output?.shape.length !== 2 || typeof output.shape[1] !== "number") {
    throw new Error(
      `${path}: expected a teacher with the data's ${classes} classes, or with a layer '${FEATURES}' to learn them from, ` +
        `got ${shape.at(-1)} classes and no such layer`,
    );
  }
  return { ...known, features: tfl.model({ inputs: model.inputs, outputs: output }) };
}
