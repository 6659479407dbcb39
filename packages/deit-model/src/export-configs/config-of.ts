import type * as tfl from "@tensorflow/tfjs-layers";
import { MODEL, requireArguments } from "known-options";
import { type ModelWeights, modelWeights } from "named-weights";
import {
  type Activation,
  LayerNorm,
  LayerScale,
  Mlp,
  type MlpName,
  MultiHeadSelfAttention,
  SwiGlu,
  SwiGluPacked,
  TokenAt,
  TokenMean,
} from "vit-blocks";
import type { VitConfig } from "../config.ts";
import type { FoundConfig } from "../configs/found-config.ts";
import { layersOf } from "../weights/layers-of.ts";
import { timmName } from "../weights/timm-name.ts";

const MLPS: readonly (readonly [kind: typeof Mlp | typeof SwiGlu | typeof SwiGluPacked, name: MlpName])[] = [
  [Mlp, "mlp"],
  [SwiGlu, "swiglu"],
  [SwiGluPacked, "swiglu_packed"],
];

/**
 * Returns the config of a model of {@link vit} or {@link deit}, as it can be read from its layers and weights: after `loadModel` too,
 * and of an {@link averageHeads}. Fields with their default value are left out, but for `epsilon`, which other libraries choose
 * differently.
 *
 * Blocks are taken to be alike; `weightTensors` with `names` checks that they are.
 *
 * @param model - Not changed.
 * @throws RangeError for a model of another kind, which names the weight that is missing.
 *
 * @example
 * const { config, distilled } = configOf(deit({ imageSize: 32, patchSize: 8, dim: 24, depth: 2, heads: 3, classes: 5 }));
 * console.log(config.heads, config.classes, distilled); // 3 5 true
 */
export function configOf(model: tfl.LayersModel): Pick<FoundConfig, "config" | "distilled"> {
  requireArguments("configOf", { model }, { model: MODEL });
  const weights = modelWeights("configOf", model, timmName);
  const shapeOf = (key: string): readonly number[] => {
    const shape = weights.get(key)?.shape;
    if (shape === undefined)
      throw new RangeError(`configOf: expected a model of vit or deit, got one without ${key}`);
    return shape as number[];
  };
  const [side = 0, , channels = 3, dim = 0] = shapeOf("patch_embed.proj.weight");
  const [, height, width] = model.inputs[0]?.shape ?? [];
  if (!height || !width || side === 0)
    throw new RangeError(
      `configOf: expected a model of images with a fixed size, got [${model.inputs[0]?.shape}]`,
    );
  shapeOf("cls_token");
  const layers = layersOf(model);
  const attention = layers.find((layer) => layer instanceof MultiHeadSelfAttention);
  const norm = layers.find((layer) => layer instanceof LayerNorm);
  if (attention === undefined || norm === undefined)
    throw new RangeError("configOf: expected a model of vit or deit, got one without attention");
  const inner = shapeOf("blocks.0.attn.qkv.weight")[1]! / 3 / attention.heads;
  const distilled = weights.has("dist_token");
  return {
    config: {
      ...{
        imageSize: height === width ? height : [height, width],
        patchSize: side,
        dim,
        depth: depthOf(weights),
      },
      heads: attention.heads,
      ...(inner * attention.heads !== dim && { headDim: inner }),
      ...(channels !== 3 && { channels }),
      classes: weights.get("head.bias")?.shape[0] ?? 0,
      epsilon: norm.epsilon,
      ...attentionPart(attention),
      ...mlpPart(layers, dim),
      ...tokenPart(weights, layers, (height / side) * (width / side)),
    },
    distilled,
  };
}

function depthOf(weights: ModelWeights): number {
  const blocks = [...weights.keys()].flatMap((key) => /^blocks\.(\d+)\./.exec(key)?.[1] ?? []);
  return Math.max(...blocks.map(Number)) + 1;
}

function attentionPart({ qkNorm, qkvBias, projBias }: MultiHeadSelfAttention): Partial<VitConfig> {
  return { ...(qkNorm && { qkNorm }), ...(!qkvBias && { qkvBias }), ...(!projBias && { projBias }) };
}

function mlpPart(layers: readonly tfl.layers.Layer[], dim: number): Partial<VitConfig> {
  for (const [Kind, mlpLayer] of MLPS) {
    const mlp = layers.find((layer): layer is Mlp | SwiGlu | SwiGluPacked => layer instanceof Kind);
    if (mlp === undefined) continue;
    const usual: Activation = mlpLayer === "mlp" ? "gelu" : "silu";
    const mlpRatio = mlp.hiddenDim / dim;
    return {
      ...(mlpRatio !== 4 && { mlpRatio }),
      ...(mlpLayer !== "mlp" && { mlpLayer }),
      ...(mlp.actLayer !== usual && { actLayer: mlp.actLayer }),
    };
  }
  throw new RangeError("configOf: expected a model of vit or deit, got one without an MLP of vit-blocks");
}

function tokenPart(
  weights: ModelWeights,
  layers: readonly tfl.layers.Layer[],
  patches: number,
): Partial<VitConfig> {
  const regTokens = weights.get("reg_token")?.shape[1] ?? 0;
  const noEmbedClass = weights.get("pos_embed")?.shape[1] === patches;
  const scale = layers.find((layer) => layer instanceof LayerScale);
  const isAverage = layers.some((layer) => layer instanceof TokenMean);
  const globalPool = isAverage && layers.some((layer) => layer instanceof TokenAt) ? "token_avg" : "avg";
  const fcNorm = weights.has("fc_norm.weight");
  return {
    ...(regTokens > 0 && { regTokens }),
    ...(noEmbedClass && { noEmbedClass }),
    ...(scale !== undefined && { initValues: scale.initValues }),
    ...(isAverage && ({ globalPool } as const)),
    ...(fcNorm !== (isAverage && globalPool === "avg") && { fcNorm }),
  };
}
