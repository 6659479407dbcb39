import * as tfl from "@tensorflow/tfjs-layers";
import {
  ClassTokens,
  KeyedDropout,
  LayerNorm,
  Linear,
  linearDropRates,
  PatchEmbedding,
  PositionEmbedding,
  TokenAt,
  transformerBlock,
} from "vit-blocks";
import type { VitConfig } from "./config.ts";
import { imageSides } from "./require-config.ts";

/** Input and output of the encoder that ViT and DeiT share. */
export interface Encoder {
  /** `[batch, height, width, channels]`. */
  readonly images: tfl.SymbolicTensor;
  /** `[batch, tokens, dim]`, normalized; the class tokens come first. */
  readonly tokens: tfl.SymbolicTensor;
}

/** Creates patch embedding, class tokens, position embedding, blocks and final normalization from a checked config. */
export function encoder(config: VitConfig, distilled: boolean): Encoder {
  const { patchSize, dim, depth, init = "keras", seed = 0, epsilon = 1e-6, channels = 3 } = config;
  const { dropRate = 0, dropPathRate = 0, allTokens = false } = config;
  const [height, width] = imageSides(config);
  const shared = { init, seed };
  const classTokens = distilled ? 2 : 1;
  const tokens = (height / patchSize) * (width / patchSize) + classTokens;

  const images = tfl.input({ shape: [height, width, channels], name: "images" });
  let x = through(new PatchEmbedding({ ...shared, patchSize, dim, name: "patch_embed.proj" }), images);
  x = through(new ClassTokens({ ...shared, distilled, name: "tokens" }), x);
  x = through(new PositionEmbedding({ ...shared, name: "position" }), x);
  if (dropRate > 0) x = through(new KeyedDropout({ rate: dropRate, seed, name: "pos_drop" }), x);
  for (const [i, rate] of linearDropRates(depth, dropPathRate).entries()) {
    const queries = i === depth - 1 && !allTokens ? classTokens : tokens;
    x = through(
      transformerBlock({ ...blockOptions(config), name: `blocks.${i}`, tokens, dropPathRate: rate, queries }),
      x,
    );
  }
  return { images, tokens: through(new LayerNorm({ ...shared, epsilon, name: "norm" }), x) };
}

/** Creates the head of one class token: logits `[batch, classes]`, or the token `[batch, dim]` if `classes` is 0. */
export function head(
  tokens: tfl.SymbolicTensor,
  index: number,
  name: string,
  config: VitConfig,
): tfl.SymbolicTensor {
  const { classes, init = "keras", seed = 0 } = config;
  if (classes === 0) return through(new TokenAt({ index, name }), tokens);
  const token = through(new TokenAt({ index, name: `${name}.token` }), tokens);
  return through(new Linear({ units: classes, init, seed, name }), token);
}

function blockOptions(config: VitConfig): Omit<Parameters<typeof transformerBlock>[0], "name" | "tokens"> {
  const { dim, heads, headDim, mlpRatio = 4, epsilon = 1e-6, init = "keras", seed = 0 } = config;
  const { dropRate = 0, attnDropRate = 0 } = config;
  const sizes = { dim, heads, hiddenDim: dim * mlpRatio, ...(headDim === undefined ? {} : { headDim }) };
  return { ...sizes, dropRate, attnDropRate, epsilon, init, seed };
}

function through(layer: tfl.layers.Layer, x: tfl.SymbolicTensor): tfl.SymbolicTensor {
  return layer.apply(x) as tfl.SymbolicTensor; // one output each
}
