import type { Converter } from "./converter.ts";
import { activation, elu, leakyRelu, relu, softmaxLayer } from "./layers/activation.ts";
import { groupNorm, stdConv2d } from "./layers/bit.ts";
import { conv2d, depthwiseConv2d, separableConv2d } from "./layers/convolution.ts";
import { add, average, concatenate, maximum, minimum, multiply } from "./layers/merge.ts";
import { batchNormalization, layerNormalization } from "./layers/normalization.ts";
import {
  averagePooling2d,
  globalAveragePooling2d,
  globalMaxPooling2d,
  maxPooling2d,
} from "./layers/pooling.ts";
import { dense } from "./layers/product.ts";
import { identity, permute, rescaling, reshape, zeroPadding2d } from "./layers/shape.ts";
import {
  firstTokens,
  ownTokens,
  patchEmbedding,
  positionEmbedding,
  tokenAt,
  tokenMean,
} from "./layers/tokens.ts";
import {
  keptResidual,
  keptSamples,
  layerScale,
  mlp,
  multiHeadSelfAttention,
  residual,
  swiGlu,
  swiGluPacked,
} from "./layers/transformer.ts";

/** Converters by the layers' class names. */
export const CONVERTERS: Readonly<Record<string, Converter>> = {
  // tfjs-layers.
  Activation: activation,
  Add: add,
  Average: average,
  AveragePooling2D: averagePooling2d,
  BatchNormalization: batchNormalization,
  Concatenate: concatenate,
  Conv2D: conv2d,
  Dense: dense,
  DepthwiseConv2D: depthwiseConv2d,
  Dropout: identity,
  ELU: elu,
  Flatten: reshape,
  GaussianDropout: identity,
  GaussianNoise: identity,
  GlobalAveragePooling2D: globalAveragePooling2d,
  GlobalMaxPooling2D: globalMaxPooling2d,
  LayerNormalization: layerNormalization,
  LeakyReLU: leakyRelu,
  MaxPooling2D: maxPooling2d,
  Maximum: maximum,
  Minimum: minimum,
  Multiply: multiply,
  Permute: permute,
  ReLU: relu,
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv2D: separableConv2d,
  Softmax: softmaxLayer,
  SpatialDropout2D: identity,
  ZeroPadding2D: zeroPadding2d,

  // vit-blocks and stochastic-depth.
  ClassTokens: ownTokens,
  FirstTokens: firstTokens,
  KeptResidual: keptResidual,
  KeptSamples: keptSamples,
  KeyedDropout: identity,
  LayerNorm: layerNormalization,
  LayerScale: layerScale,
  Linear: dense,
  Mlp: mlp,
  MultiHeadSelfAttention: multiHeadSelfAttention,
  PatchDropout: identity,
  PatchEmbedding: patchEmbedding,
  PositionEmbedding: positionEmbedding,
  RegisterTokens: ownTokens,
  Residual: residual,
  StochasticDepth: identity,
  SwiGlu: swiGlu,
  SwiGluPacked: swiGluPacked,
  TokenAt: tokenAt,
  TokenMean: tokenMean,

  // bit-teacher.
  GroupNorm: groupNorm,
  StdConv2D: stdConv2d,
};
