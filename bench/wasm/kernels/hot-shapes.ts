// Shapes of the sweep of hot calls.

/** Dense layers of DeiT-Ti and the presets `photos`, `demo` and `tiny`: name, micro-batch × tokens, inputs, outputs. */
export const LAYERS = [
  ["patches", 1568, 768, 192],
  ["qkv", 1584, 192, 576],
  ["qkv, head 192", 1584, 192, 1728],
  ["projection", 1584, 192, 192],
  ["projection, head 192", 1584, 576, 192],
  ["MLP in", 1584, 192, 768],
  ["MLP out", 1584, 768, 192],
  ["photos: patches", 1024, 432, 128],
  ["photos: qkv", 1056, 128, 384],
  ["photos: MLP in", 1056, 128, 512],
  ["photos: MLP out", 1056, 512, 128],
  ["demo: patches", 1152, 192, 96],
  ["demo: qkv", 1216, 96, 288],
  ["demo: MLP in", 1216, 96, 384],
  ["demo: MLP out", 1216, 384, 96],
  ["tiny: qkv", 88, 16, 48],
  ["head of 5", 32, 192, 5],
  ["head of 1000", 8, 192, 1000],
] as const;

/** Rows of products with few rows. */
export const FEW = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 24, 32] as const;

/** Inputs and outputs of layers for few rows. */
export const THIN_LAYERS = [
  [192, 5],
  [192, 192],
  [192, 768],
  [768, 192],
  [64, 96],
  [96, 384],
] as const;

/** Micro-batch, heads, tokens, head size, queries. */
export const ATTENTIONS = [
  [8, 3, 198, 64, 198],
  [8, 3, 197, 64, 197],
  [8, 3, 198, 192, 198],
  [8, 3, 198, 64, 2],
  [16, 4, 66, 32, 66],
  [32, 3, 38, 32, 38],
  [32, 3, 38, 32, 2],
  [8, 3, 145, 32, 145],
  [8, 3, 65, 64, 65],
  [8, 3, 17, 64, 17],
  [8, 2, 11, 8, 11],
] as const;

/** Side of the image, channels in and out, filter, stride, micro-batch: R50x1 at 224² and the tiny BiT. */
export const CONVOLUTIONS = [
  [224, 3, 64, 7, 2, 2],
  [56, 64, 64, 1, 1, 2],
  [56, 64, 64, 3, 1, 2],
  [56, 64, 256, 1, 1, 2],
  [56, 128, 128, 3, 2, 2],
  [28, 128, 512, 1, 1, 2],
  [14, 256, 256, 3, 1, 2],
  [14, 1024, 256, 1, 1, 2],
  [7, 512, 512, 3, 1, 2],
  [7, 2048, 512, 1, 1, 2],
  [48, 3, 16, 7, 2, 32],
  [12, 16, 16, 3, 1, 32],
  [12, 16, 64, 1, 1, 32],
  [6, 64, 64, 3, 1, 32],
] as const;

/** Rows and columns for element-wise functions. */
export const ROWS = [
  [1584, 768],
  [1216, 384],
  [16, 768],
  [5, 5],
] as const;

/** Rows and columns for LayerNorm and sums. */
export const MATRICES = [
  [1584, 192],
  [1584, 768],
  [1056, 128],
  [1216, 96],
  [16, 192],
  [88, 16],
] as const;

/** Micro-batch, pixels, channels. */
export const GROUP_NORMS = [
  [2, 3136, 64],
  [2, 3136, 256],
  [2, 784, 512],
  [2, 196, 1024],
  [2, 49, 2048],
  [32, 144, 64],
] as const;

/** Rows and columns of filters. */
export const FILTERS = [
  [147, 64],
  [576, 64],
  [256, 1024],
  [4608, 512],
] as const;

/** Samples of cross-entropy, and its classes. */
export const ENTROPY_ROWS = 8;
export const CLASSES = [5, 100, 1000] as const;

/** Numbers of a weight that AdamW updates. */
export const WEIGHTS = [1000, 147_456, 1_000_000] as const;
