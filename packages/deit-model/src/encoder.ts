import * as tfl from "@tensorflow/tfjs-layers";
import {
  ClassTokens,
  KeyedDropout,
  LayerNorm,
  Linear,
  linearDropRates,
  PatchDropout,
  PatchEmbedding,
  PositionEmbedding,
  RegisterTokens,
  TokenAt,
  TokenMean,
  transformerBlock,
} from "vit-blocks";
import type { VitConfig } from "./config.ts";
import { hiddenDimOf, imageSides } from "./require-config.ts";

/** Input and output of the encoder that ViT and DeiT share. */
export interface Encoder {
  /** `[batch, height, width, channels]`. */
  readonly images: tfl.SymbolicTensor;
  /** `[batch, tokens, dim]`, normalized unless the norm follows the pooling; class tokens, registers, patches. */
  readonly tokens: tfl.SymbolicTensor;
}

/** Creates everything from the patch embedding to the final normalization from a checked config. */
export function encoder(config: VitConfig, distilled: boolean): Encoder {
  const { patchSize, dim, depth, channels = 3, dropPathRate = 0, allTokens = false } = config;
  const { patchDropRate = 0, globalPool = "token" } = config;
  const [height, width] = imageSides(config);
  const shared = seeded(config);
  const classTokens = distilled ? 2 : 1;
  const tokens = (height / patchSize) * (width / patchSize) + prefixOf(config, classTokens);

  const images = tfl.input({ shape: [height, width, channels], name: "images" });
  let x = through(new PatchEmbedding({ ...shared, patchSize, dim, name: "patch_embed.proj" }), images);
  x = embedded(x, config, distilled);
  if (patchDropRate > 0) {
    const { seed } = shared;
    const prefixTokens = prefixOf(config, classTokens);
    x = through(new PatchDropout({ rate: patchDropRate, prefixTokens, seed, name: "patch_drop" }), x);
  }
  for (const [i, rate] of linearDropRates(depth, dropPathRate).entries()) {
    const queries = i === depth - 1 && !allTokens && globalPool === "token" ? classTokens : tokens;
    x = through(
      transformerBlock({ ...blockOptions(config), name: `blocks.${i}`, tokens, dropPathRate: rate, queries }),
      x,
    );
  }
  return { images, tokens: normsAfterPooling(config) ? x : through(finalNorm(config, "norm"), x) };
}

/** Adds class tokens, registers and positions, and their dropout. */
function embedded(patches: tfl.SymbolicTensor, config: VitConfig, distilled: boolean): tfl.SymbolicTensor {
  const { regTokens = 0, noEmbedClass = false, dropRate = 0 } = config;
  const shared = seeded(config);
  const position = new PositionEmbedding({ ...shared, name: "position" });
  let x = noEmbedClass ? through(position, patches) : patches;
  if (regTokens > 0) x = through(new RegisterTokens({ ...shared, count: regTokens, name: "registers" }), x);
  x = through(new ClassTokens({ ...shared, distilled, name: "tokens" }), x);
  if (!noEmbedClass) x = through(position, x);
  return dropRate > 0
    ? through(new KeyedDropout({ rate: dropRate, seed: shared.seed, name: "pos_drop" }), x)
    : x;
}

/** Creates the head of one class token: logits `[batch, classes]`, or the token `[batch, dim]` if `classes` is 0. */
export function tokenHead(
  tokens: tfl.SymbolicTensor,
  name: string,
  config: VitConfig,
  index = 0,
): tfl.SymbolicTensor {
  return head((part) => through(new TokenAt({ index, name: part }), tokens), name, config);
}

/** Creates the head of the mean of a ViT's patch tokens: logits `[batch, classes]`, or the mean `[batch, dim]` if `classes` is 0. */
export function averageHead(tokens: tfl.SymbolicTensor, name: string, config: VitConfig): tfl.SymbolicTensor {
  const from = prefixOf(config, 1);
  return head((part) => through(new TokenMean({ from, name: part }), tokens), name, config);
}

/** Creates the head of a ViT's class token beside the mean of its patch tokens: `2 · dim` features. */
export function tokenAndAverageHead(
  tokens: tfl.SymbolicTensor,
  name: string,
  config: VitConfig,
): tfl.SymbolicTensor {
  const from = prefixOf(config, 1);
  const both = (part: string) => {
    const parts = [
      through(new TokenAt({ index: 0, name: `${name}.class` }), tokens),
      through(new TokenMean({ from, name: `${name}.mean` }), tokens),
    ];
    return tfl.layers.concatenate({ name: part }).apply(parts) as tfl.SymbolicTensor;
  };
  return head(both, name, config);
}

/** @param pooled - Applies the pooling, as a layer of that name. */
function head(
  pooled: (name: string) => tfl.SymbolicTensor,
  name: string,
  config: VitConfig,
): tfl.SymbolicTensor {
  const { classes } = config;
  if (!normsAfterPooling(config)) {
    return classes === 0 ? pooled(name) : linear(pooled(`${name}.token`), name, config);
  }
  const features = through(finalNorm(config, "fc_norm"), pooled(`${name}.token`));
  // The output is named after its layer: one that changes nothing gives the features their name.
  const named = () => tfl.layers.activation({ activation: "linear", name });
  return classes === 0 ? through(named(), features) : linear(features, name, config);
}

function linear(x: tfl.SymbolicTensor, name: string, config: VitConfig): tfl.SymbolicTensor {
  return through(new Linear({ units: config.classes, ...seeded(config), name }), x);
}

function finalNorm(config: VitConfig, name: string): LayerNorm {
  return new LayerNorm({ ...seeded(config), epsilon: config.epsilon ?? 1e-6, name });
}

function seeded({ init = "keras", seed = 0 }: VitConfig): Required<Pick<VitConfig, "init" | "seed">> {
  return { init, seed };
}

function prefixOf({ regTokens = 0 }: VitConfig, classTokens: number): number {
  return classTokens + regTokens;
}

function normsAfterPooling({ globalPool, fcNorm = globalPool === "avg" }: VitConfig): boolean {
  return fcNorm;
}

function blockOptions(config: VitConfig): Omit<Parameters<typeof transformerBlock>[0], "name" | "tokens"> {
  const { dim, heads, headDim, epsilon = 1e-6, dropRate = 0, attnDropRate = 0 } = config;
  const { qkNorm = false, qkvBias = true, projBias = true, mlpLayer = "mlp", patchDropRate = 0 } = config;
  const { initValues, actLayer } = config;
  return {
    ...{ dim, heads, hiddenDim: hiddenDimOf(config), dropRate, attnDropRate, epsilon, ...seeded(config) },
    ...{ qkNorm, qkvBias, projBias, mlpLayer, fewerTokens: patchDropRate > 0 },
    ...(headDim !== undefined && { headDim }),
    ...(initValues !== undefined && { initValues }),
    ...(actLayer !== undefined && { actLayer }),
  };
}

function through(layer: tfl.layers.Layer, x: tfl.SymbolicTensor): tfl.SymbolicTensor {
  return layer.apply(x) as tfl.SymbolicTensor; // one output each
}
