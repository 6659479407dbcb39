import * as tfl from "@tensorflow/tfjs-layers";
import { bit } from "bit-teacher";
import { averageHeads, deit, vit } from "deit-model";
import { StochasticDepth } from "stochastic-depth";

const { layers } = tfl;
const image = (channels = 4): tfl.SymbolicTensor => tfl.input({ shape: [9, 11, channels] });
const steps = (): tfl.SymbolicTensor => tfl.input({ shape: [6, 5] });

/** A model of one layer after the other. */
export function after(x: tfl.SymbolicTensor, ...chain: tfl.layers.Layer[]): tfl.LayersModel {
  return tfl.model({
    inputs: x,
    outputs: chain.reduce((y, layer) => layer.apply(y) as tfl.SymbolicTensor, x),
  });
}

/** A model of several layers beside each other. */
function beside(x: tfl.SymbolicTensor, ...made: tfl.layers.Layer[]): tfl.LayersModel {
  return tfl.model({ inputs: x, outputs: made.map((layer) => layer.apply(x) as tfl.SymbolicTensor) });
}

const ACTIVATIONS = [
  ..."relu sigmoid tanh elu selu softplus softsign hardSigmoid swish mish relu6 softmax linear gelu gelu_new".split(
    " ",
  ),
] as "relu"[];

/** The default, an orthogonal matrix, needs tfjs' chained operations. */
const RECURRENT = { recurrentInitializer: "glorotNormal" } as const;

/** Depthwise and pointwise convolutions with batch normalization and ReLU6, as MobileNetV2 has them. */
function inverted(x: tfl.SymbolicTensor, filters: number, strides: number): tfl.SymbolicTensor {
  const through = (y: tfl.SymbolicTensor, ...chain: tfl.layers.Layer[]): tfl.SymbolicTensor =>
    chain.reduce((z, layer) => layer.apply(z) as tfl.SymbolicTensor, y);
  const wide = 3 * x.shape.at(-1)!;
  const pad =
    strides === 2
      ? [
          layers.zeroPadding2d({
            padding: [
              [0, 1],
              [0, 1],
            ] as never,
          }),
        ]
      : [];
  const y = through(
    x,
    layers.conv2d({ filters: wide, kernelSize: 1, useBias: false }),
    layers.batchNormalization({}),
    layers.reLU({ maxValue: 6 }),
    ...pad,
    layers.depthwiseConv2d({
      kernelSize: 3,
      strides,
      padding: strides === 2 ? "valid" : "same",
      useBias: false,
    }),
    layers.batchNormalization({}),
    layers.activation({ activation: "relu6" }),
    layers.conv2d({ filters, kernelSize: 1, useBias: false }),
    layers.batchNormalization({}),
  );
  if (strides === 2 || x.shape.at(-1) !== filters) return y;
  return layers.add().apply([x, y]) as tfl.SymbolicTensor;
}

/** A small MobileNetV2. */
export function mobileNet(side: number | null = 32): tfl.LayersModel {
  const x = tfl.input({ shape: [side, side, 3] as tfl.Shape });
  let y = layers
    .conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: "same", useBias: false })
    .apply(x) as tfl.SymbolicTensor;
  y = layers.batchNormalization({}).apply(y) as tfl.SymbolicTensor;
  for (const [filters, strides] of [
    [8, 1],
    [12, 2],
    [12, 1],
    [16, 2],
  ] as const)
    y = inverted(y, filters, strides);
  y = layers.globalAveragePooling2d({}).apply(y) as tfl.SymbolicTensor;
  const outputs = layers.dense({ units: 5, activation: "softmax" }).apply(y) as tfl.SymbolicTensor;
  return tfl.model({ inputs: x, outputs });
}

/** Models of tfjs' layers, by what they try. */
export const STOCK: Readonly<Record<string, () => tfl.LayersModel>> = {
  "dense layers with activations": () =>
    beside(
      tfl.input({ shape: [6] }),
      ...ACTIVATIONS.map((activation) => layers.dense({ units: 5, activation })),
    ),
  "dense layers of rows, without a bias": () =>
    after(steps(), layers.dense({ units: 4, useBias: false, activation: "elu" }), layers.dense({ units: 3 })),
  "activations as layers": () =>
    beside(
      steps(),
      ...ACTIVATIONS.map((activation) => layers.activation({ activation })),
      ...[layers.reLU({ maxValue: 0.5 }), layers.reLU(), layers.leakyReLU({ alpha: 0.1 }), layers.elu()],
      ...[layers.softmax({ axis: -1 }), layers.prelu(), layers.thresholdedReLU({ theta: 0.3 })],
    ),
  "convolutions, same and valid": () =>
    after(
      image(),
      layers.conv2d({ filters: 6, kernelSize: 3, strides: 2, padding: "same", activation: "relu" }),
      layers.conv2d({ filters: 5, kernelSize: [2, 3], dilationRate: 2, padding: "same", useBias: false }),
      layers.conv2d({ filters: 4, kernelSize: 2, activation: "elu" }),
    ),
  "convolutions of one and three axes, and transposed ones": () => {
    const [x, y, z] = [steps(), image(), tfl.input({ shape: [5, 6, 7, 2] })];
    const outputs = [
      layers.conv1d({ filters: 3, kernelSize: 3, padding: "same", dilationRate: 2 }).apply(x),
      layers.conv1d({ filters: 3, kernelSize: 2, strides: 2, activation: "relu" }).apply(x),
      layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: "same" }).apply(y),
      layers.conv2dTranspose({ filters: 2, kernelSize: 2, useBias: false }).apply(y),
      layers.conv3d({ filters: 3, kernelSize: 2, strides: 2, padding: "same" }).apply(z),
    ];
    return tfl.model({ inputs: [x, y, z], outputs: outputs as tfl.SymbolicTensor[] });
  },
  "depthwise and separable convolutions": () =>
    after(
      image(),
      layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: "same", activation: "relu" }),
      layers.separableConv2d({ filters: 5, kernelSize: 3, strides: 2, padding: "same", activation: "tanh" }),
    ),
  "normalization and pooling": () =>
    after(
      image(),
      layers.batchNormalization({}),
      layers.maxPooling2d({ poolSize: 3, strides: 2, padding: "same" }),
      layers.batchNormalization({ scale: false, center: false }),
      layers.averagePooling2d({ poolSize: 2, strides: 1, padding: "same" }),
      layers.layerNormalization({ epsilon: 1e-3 }),
      layers.globalMaxPooling2d({}),
      layers.batchNormalization({}),
    ),
  "pooling of one and three axes, normalization of other axes": () => {
    const [x, z] = [steps(), tfl.input({ shape: [5, 6, 7, 2] })];
    const outputs = [
      layers.maxPooling1d({ poolSize: 2 }).apply(x),
      layers.averagePooling1d({ poolSize: 3, padding: "same" }).apply(x),
      layers.globalAveragePooling1d({}).apply(x),
      layers.globalMaxPooling1d({}).apply(x),
      layers.layerNormalization({ axis: [1, 2] }).apply(x),
      layers.maxPooling3d({ poolSize: 2 }).apply(z),
      layers.averagePooling3d({ poolSize: 2, padding: "same" }).apply(z),
    ];
    return tfl.model({ inputs: [x, z], outputs: outputs as tfl.SymbolicTensor[] });
  },
  "merges of branches": () => {
    const x = image();
    const branch = () => layers.conv2d({ filters: 4, kernelSize: 1 }).apply(x) as tfl.SymbolicTensor;
    const [a, b, c] = [branch(), branch(), branch()];
    const sum = layers.add().apply([a, b, c]) as tfl.SymbolicTensor;
    const flat = (y: tfl.SymbolicTensor) => layers.flatten().apply(y) as tfl.SymbolicTensor;
    const outputs = [
      layers.multiply().apply([a, x]),
      layers.average().apply([a, b, sum]),
      layers.maximum().apply([x, b]),
      layers.minimum().apply([x, b]),
      layers.concatenate().apply([a, x, b]),
      layers.concatenate({ axis: 1 }).apply([a, x]),
      layers.dot({ axes: -1 }).apply([flat(a), flat(b)]),
    ];
    return tfl.model({ inputs: x, outputs: outputs as tfl.SymbolicTensor[] });
  },
  "shapes, and layers of training": () =>
    after(
      image(),
      layers.rescaling({ scale: 1 / 2, offset: -0.25 } as never),
      layers.zeroPadding2d({
        padding: [
          [1, 0],
          [2, 3],
        ] as never,
      }),
      layers.upSampling2d({ size: [2, 1] }),
      layers.cropping2D({
        cropping: [
          [1, 2],
          [0, 3],
        ],
      } as never),
      layers.dropout({ rate: 0.5 }),
      layers.permute({ dims: [2, 1, 3] }),
      layers.gaussianNoise({ stddev: 1 }),
      layers.gaussianDropout({ rate: 0.2 }),
      layers.alphaDropout({ rate: 0.2 }),
      layers.flatten(),
      layers.dense({ units: 12 }),
      layers.reshape({ targetShape: [3, 4] }),
      layers.masking({ maskValue: 0 }),
      layers.flatten(),
      layers.repeatVector({ n: 3 }),
    ),
  "recurrent layers": () =>
    beside(
      steps(),
      layers.simpleRNN({ units: 3, ...RECURRENT }),
      layers.gru({ units: 3, returnSequences: true, ...RECURRENT }),
      layers.lstm({ units: 4, goBackwards: true, ...RECURRENT }),
      layers.bidirectional({ layer: layers.lstm({ units: 2, ...RECURRENT }) as never, mergeMode: "concat" }),
      layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
    ),
  "an embedding of whole numbers": () =>
    after(
      tfl.input({ shape: [6], dtype: "int32" }),
      layers.embedding({ inputDim: 7, outputDim: 4 }),
      layers.flatten(),
      layers.dense({ units: 2 }),
    ),
  "preprocessing of pictures": () => after(image(3), layers.centerCrop({ height: 4, width: 4 } as never)),
  "a sequential model with a model in it": () => {
    const inner = tfl.sequential({
      layers: [layers.dense({ units: 4, inputShape: [5] }), layers.leakyReLU()],
    });
    return tfl.sequential({
      layers: [layers.dense({ units: 5, inputShape: [6] }), inner, layers.dense({ units: 2 })],
    });
  },
  "a layer that is used twice, and two inputs": () => {
    const [a, b] = [tfl.input({ shape: [4] }), tfl.input({ shape: [4] })];
    const shared = layers.dense({ units: 3 });
    const outputs = layers.add().apply([shared.apply(a), shared.apply(b)] as tfl.SymbolicTensor[]);
    return tfl.model({ inputs: [a, b], outputs: outputs as tfl.SymbolicTensor });
  },
  "a MobileNetV2": () => mobileNet(),
  "stochastic depth": () => {
    const x = image();
    const y = layers.conv2d({ filters: 4, kernelSize: 1 }).apply(x) as tfl.SymbolicTensor;
    const dropped = new StochasticDepth({ dropProb: 0.4 }).apply(y) as tfl.SymbolicTensor;
    return tfl.model({ inputs: x, outputs: layers.add().apply([x, dropped]) as tfl.SymbolicTensor });
  },
};

const VIT = { imageSize: 16, patchSize: 4, dim: 12, depth: 3, heads: 3, classes: 5, dropPathRate: 0.3 };

/** Models of this repository. */
export const OURS: Readonly<Record<string, () => tfl.LayersModel>> = {
  "a ViT": () => vit(VIT),
  "a ViT's features": () => vit({ ...VIT, classes: 0, dropRate: 0.2, attnDropRate: 0.1 }),
  "a DeiT with both heads, as wide as the Keras example's": () => deit({ ...VIT, headDim: 12 }),
  "a DeiT's mean": () => averageHeads(deit(VIT)),
  "a DeiT's mean, all tokens computed": () => averageHeads(deit({ ...VIT, allTokens: true })),
  "a ViT of wide pictures": () => vit({ ...VIT, imageSize: [8, 16], channels: 2 }),
  "a ViT with registers, LayerScale, normalized queries and patch dropout": () =>
    vit({ ...VIT, regTokens: 2, initValues: 0.5, qkNorm: true, patchDropRate: 0.5, noEmbedClass: true }),
  "a ViT with SwiGLU and the mean of its patches": () =>
    vit({ ...VIT, mlpLayer: "swiglu", globalPool: "avg", qkvBias: false, projBias: false }),
  "a DeiT with packed SwiGLU": () => deit({ ...VIT, mlpLayer: "swiglu_packed", actLayer: "relu" }),
  "a ViT with the approximate GELU": () =>
    vit({ ...VIT, actLayer: "gelu_tanh", globalPool: "avg", fcNorm: false }),
  "a ViT with the quick GELU": () => vit({ ...VIT, actLayer: "quick_gelu" }),
  "a BiT": () =>
    bit({ depths: [1, 2], channels: [16, 32], stemChannels: 8, groups: 4, imageSize: 64, classes: 5 }),
};
