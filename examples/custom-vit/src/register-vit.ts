import * as tfl from "@tensorflow/tfjs-layers";
import {
  ClassTokens,
  LayerNorm,
  Linear,
  linearDropRates,
  PositionEmbedding,
  TokenAt,
  transformerBlock,
} from "vit-blocks";
import { gatedMlp } from "./gated-mlp.ts";
import { Registers } from "./registers.ts";

/** A ViT with a convolutional stem (https://arxiv.org/abs/2106.14881), gated MLPs and registers: `[b, size, size, 3]` → logits. */
export function registerVit(options: { size: number; classes: number; registers: number }): tfl.LayersModel {
  const [dim, heads, depth, grid, count] = [48, 3, 4, options.size / 8, options.registers];
  const images = tfl.input({ shape: [options.size, options.size, 3] });
  let x = images;
  for (const filters of [12, 24, dim]) {
    const conv = { filters, kernelSize: 3, strides: 2, padding: "same", activation: "relu" } as const;
    x = through(
      tfl.layers.conv2d({ ...conv, kernelInitializer: tfl.initializers.heNormal({ seed: filters }) }),
      x,
    );
  }
  x = through(tfl.layers.reshape({ targetShape: [grid * grid, dim] }), x); // each side is an eighth
  x = through(new ClassTokens({ name: "tokens" }), x);
  x = through(new PositionEmbedding({ name: "position" }), x);
  x = through(new Registers({ count, name: "registers" }), x); // in front of the class token, without position
  const block = { tokens: count + 1 + grid * grid, dim, heads, hiddenDim: 2.5 * dim, mlpLayer: gatedMlp };
  for (const [i, dropPathRate] of linearDropRates(depth, 0.1).entries())
    x = through(transformerBlock({ ...block, name: `blocks.${i}`, dropPathRate }), x);
  x = through(
    new TokenAt({ index: count, name: "class_token" }),
    through(new LayerNorm({ name: "norm" }), x),
  );
  return tfl.model({
    inputs: images,
    outputs: through(new Linear({ units: options.classes, name: "head" }), x),
  });
}

function through(layer: tfl.layers.Layer, x: tfl.SymbolicTensor): tfl.SymbolicTensor {
  return layer.apply(x) as tfl.SymbolicTensor; // one output each
}
