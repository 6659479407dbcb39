import * as tfl from "@tensorflow/tfjs-layers";

const FILTERS = [24, 48, 96, 128] as const;

/**
 * A small convolutional classifier: four strided 3×3 convolutions, global average pooling, one dense layer. No batch
 * normalisation, whose statistics would depend on the micro-batch.
 *
 * @returns `[batch, imageSize, imageSize, 3]` in [0, 1] → `[batch, classes]` logits.
 */
export function convTeacher(imageSize: number, classes: number, seed: number): tfl.LayersModel {
  const input = tfl.input({ shape: [imageSize, imageSize, 3], name: "images" });
  let x = input;
  FILTERS.forEach((filters, i) => {
    x = tfl.layers
      .conv2d({
        filters,
        kernelSize: 3,
        strides: 2,
        padding: "same",
        activation: "relu",
        kernelInitializer: tfl.initializers.heNormal({ seed: seed + i + 1 }), // tfjs takes 0 for "any seed"
        name: `conv_${i}`,
      })
      .apply(x) as tfl.SymbolicTensor;
  });
  x = tfl.layers.globalAveragePooling2d({ name: "feature_vector" }).apply(x) as tfl.SymbolicTensor;
  const kernelInitializer = tfl.initializers.glorotUniform({ seed: seed + FILTERS.length + 1 });
  const logits = tfl.layers.dense({ units: classes, kernelInitializer, name: "logits" }).apply(x);
  return tfl.model({ inputs: input, outputs: logits as tfl.SymbolicTensor, name: "conv_teacher" });
}
