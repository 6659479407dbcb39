import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";

/** Expansion, channels, blocks and stride of each stage of MobileNetV2, https://arxiv.org/abs/1801.04381, table 2. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/**
 * MobileNetV2 with random weights, its batch normalization folded into the convolutions, with the layer names of the converted
 * published one.
 */
export function mobileNetV2(
  options: { alpha?: number; side?: number; classes?: number; seed?: number } = {},
): tfl.LayersModel {
  const { alpha = 0.35, side = 96, classes = 3, seed = 1 } = options;
  const width = (channels: number) => Math.max(8, Math.floor((channels * alpha + 4) / 8) * 8);
  const inputs = tfl.input({ shape: [side, side, 3], name: "input" });
  const conv = (
    name: string,
    filters: number,
    kernelSize: number,
    strides: number,
    activation: "relu6" | "linear",
  ) => tfl.layers.conv2d({ name, filters, kernelSize, strides, padding: "same", activation });
  let x = conv("stem", width(32), 3, 2, "relu6").apply(inputs) as tfl.SymbolicTensor;
  let block = 0;
  for (const [expansion, channels, count, first] of STAGES) {
    for (let i = 0; i < count; i++) {
      block += 1;
      const [before, stride, name] = [x, i === 0 ? first : 1, `block${block}`];
      const inner = before.shape[3]! * expansion;
      if (expansion > 1) x = conv(`${name}_expand`, inner, 1, 1, "relu6").apply(x) as tfl.SymbolicTensor;
      const depthwise = {
        name: `${name}_depthwise`,
        kernelSize: 3,
        strides: stride,
        activation: "relu6",
      } as const;
      x = tfl.layers.depthwiseConv2d({ ...depthwise, padding: "same" }).apply(x) as tfl.SymbolicTensor;
      x = conv(`${name}_project`, width(channels), 1, 1, "linear").apply(x) as tfl.SymbolicTensor;
      const isSum = stride === 1 && before.shape[3] === x.shape[3];
      if (isSum) x = tfl.layers.add({ name: `${name}_add` }).apply([before, x]) as tfl.SymbolicTensor;
    }
  }
  x = conv("head_conv", 1280, 1, 1, "relu6").apply(x) as tfl.SymbolicTensor;
  x = tfl.layers.globalAveragePooling2d({ name: "feature_vector" }).apply(x) as tfl.SymbolicTensor;
  x = tfl.layers.dense({ name: "logits", units: classes }).apply(x) as tfl.SymbolicTensor;
  const outputs = tfl.layers.softmax({ name: "predictions" }).apply(x) as tfl.SymbolicTensor;
  const model = tfl.model({ inputs, outputs });
  randomize(model, seed);
  return model;
}

/** He's initialization, so that values neither vanish nor grow through fifty layers. */
function randomize(model: tfl.LayersModel, seed: number): void {
  for (const [i, weight] of model.weights.entries()) {
    const { shape } = weight;
    const isDepthwise = weight.originalName.includes("depthwise_kernel");
    const fanIn =
      shape.length < 2 ? 100 : shape.slice(0, isDepthwise ? 2 : -1).reduce<number>((a, b) => a * b!, 1);
    const value = tf.randomNormal(shape as number[], 0, Math.sqrt(2 / fanIn), "float32", seed + i);
    weight.write(value);
    value.dispose();
  }
}
