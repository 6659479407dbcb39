import * as tf from "@tensorflow/tfjs-core";
import type { TeacherLayers } from "distill-trainer";
import type { ClassifierFeatures } from "../classifier.ts";
import { type PictureSize, sidesOf } from "./pictures.ts";

/** Features of an inner layer: vectors as they are, the mean over the places of maps and tokens. */
export function vectorsOf(layers: TeacherLayers, layer: string, imageSize: PictureSize): ClassifierFeatures {
  const shape = layers.shapeOf(layer);
  const width = shape.at(-1);
  if (shape.length < 1 || shape.length > 3 || typeof width !== "number") {
    throw new RangeError(
      `features: '${layer}' must be vectors, tokens or maps of ${sidesOf(imageSize).join("x")} pixels, got [${shape.map((side) => side ?? "any")}]`,
    );
  }
  return {
    width,
    async features(images) {
      const { logits, features } = await layers.run(images, [layer]);
      logits.dispose();
      const [output] = features;
      const axes = Array.from({ length: output!.rank - 2 }, (_, i) => i + 1);
      const vectors = axes.length === 0 ? tf.clone(output!) : tf.mean(output!, axes);
      output!.dispose();
      return vectors as tf.Tensor2D;
    },
  };
}
