import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { normalNoise } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type BitName,
  bit,
  bitSizes,
  countParameters,
  featuresOf,
  GroupNorm,
  groupNorm,
  StdConv2D,
  weightShapes,
  weightStandardize,
} from "./index.ts";
import { timmKey } from "./weight-names.ts";

/** Parameters and features of timm 1.0.31's models of these names with `num_classes=0`. */
const PUBLISHED: readonly (readonly [BitName, number, number])[] = [
  ["r50x1", 23_500_352, 2048],
  ["r50x3", 211_174_080, 6144],
  ["r101x1", 42_492_480, 2048],
  ["r101x3", 381_789_888, 6144],
  ["r152x2", 232_238_208, 4096],
  ["r152x4", 928_340_224, 8192],
];
const tiny = { ...bitSizes.tiny, classes: 5, imageSize: 32 };

test.each(PUBLISHED)("%s has %d parameters and %d features", (name, parameters, features) => {
  expect(countParameters(bitSizes[name])).toBe(parameters);
  expect(weightShapes(bitSizes[name]).get("norm.bias")).toEqual([features]);
});

test("the Keras example's teacher has 211,204,805 parameters", () => {
  expect(countParameters(bitSizes.r50x3, 5)).toBe(211_204_805);
});

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test("a model has the weights that weightShapes lists, and as many parameters as are counted", () => {
    const model = bit(tiny);
    const backbone = model.weights.slice(0, -2);
    const shapes = new Map(backbone.map(({ originalName, shape }) => [timmKey(originalName), shape]));
    expect(shapes).toEqual(weightShapes(bitSizes.tiny));
    expect(model.countParams()).toBe(countParameters(bitSizes.tiny, 5));
    model.dispose();
  });

  test("initial weights follow from the seed, the head is zero, and every convolution and gain has a slope", () => {
    const [model, same, other] = [bit(tiny), bit(tiny), bit({ ...tiny, seed: 1 })];
    const kernelOf = (from: tfl.LayersModel) =>
      from.getLayer("stages.1.blocks.0.conv2").getWeights()[0]!.dataSync();
    expect(kernelOf(same)).toEqual(kernelOf(model));
    expect(kernelOf(other)).not.toEqual(kernelOf(model));
    const images = normalNoise([2, 32, 32, 3], 1);
    expect([...(model.predict(images) as tf.Tensor).dataSync()]).toEqual(new Array(10).fill(0));

    const features = featuresOf(model);
    const variables = features.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(() => {
      const [first, second] = tf.unstack(features.apply(images) as tf.Tensor2D);
      return tf.sum(tf.mul(first!, tf.sub(first!, second!))) as tf.Scalar;
    }, variables);
    for (const { name } of variables) {
      expect(tf.max(tf.abs(grads[name]!)).dataSync()[0], name).toBeGreaterThan(0);
    }
    for (const each of [model, same, other]) each.dispose();
  });

  test("survives being saved and loaded, features too", async () => {
    const model = bit(tiny);
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
      }),
    );
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved!));
    const images = normalNoise([1, 32, 32, 3], 2);
    const [a, b] = [model, loaded].map((each) => (featuresOf(each).predict(images) as tf.Tensor).dataSync());
    expect(a).toEqual(b);
    expect(Math.max(...a!)).toBeGreaterThan(0.1);
  });

  test("takes pictures of any size where none is given, also odd ones", () => {
    const model = bit({ ...bitSizes.tiny, classes: 2 });
    expect((model.predict(tf.ones([1, 33, 47, 3])) as tf.Tensor).shape).toEqual([1, 2]);
    expect(model.getLayer("stem.conv").outputShape).toEqual([null, null, null, 16]);
    model.dispose();
  });

  test("StdConv2D is conv2d of the standardized kernel, with its padding and bias", () => {
    const x = normalNoise([1, 7, 6, 3], 1) as tf.Tensor4D;
    for (const [padding, pad, shape] of [
      ["fixed", 1, [1, 4, 3, 4]],
      ["same", "same", [1, 4, 3, 4]],
      ["valid", "valid", [1, 3, 2, 4]],
    ] as const) {
      const layer = new StdConv2D({ filters: 4, kernelSize: 3, strides: 2, padding, useBias: true });
      const y = layer.apply(x) as tf.Tensor;
      const [kernel] = layer.getWeights() as [tf.Tensor4D];
      layer.setWeights([kernel, tf.tensor1d([1, 2, 3, 4])]);
      const plain = tf.conv2d(x, weightStandardize(kernel), 2, pad);
      expect(y.shape).toEqual(shape);
      expect(layer.computeOutputShape([1, 7, 6, 3])).toEqual(shape);
      expect((layer.apply(x) as tf.Tensor).dataSync()).toEqual(tf.add(plain, [1, 2, 3, 4]).dataSync());
    }
    const even = new StdConv2D({ filters: 1, kernelSize: 4 }).apply(x) as tf.Tensor;
    expect(even.shape).toEqual([1, 7, 6, 1]); // one zero before, two behind
  });

  test("GroupNorm is groupNorm of its weights", () => {
    const layer = new GroupNorm({ groups: 3, epsilon: 0.5 });
    const x = normalNoise([2, 4, 6], 1);
    layer.apply(x);
    layer.setWeights([tf.range(1, 7), tf.range(0, 6)]);
    const expected = groupNorm(x, tf.range(1, 7), tf.range(0, 6), { groups: 3, epsilon: 0.5 });
    expect((layer.apply(x) as tf.Tensor).dataSync()).toEqual(expected.dataSync());
    expect(layer.getConfig()).toMatchObject({ groups: 3, epsilon: 0.5 });
  });

  test("takes images that are no squares", () => {
    const model = bit({ ...tiny, imageSize: [32, 48] });
    expect(model.inputs[0]!.shape).toEqual([null, 32, 48, 3]);
    const x = tf.randomUniform([1, 32, 48, 3], 0, 1, "float32", 3);
    const free = bit({ ...bitSizes.tiny, classes: 5 });
    expect((model.predict(x) as tf.Tensor).shape).toEqual([1, 5]);
    expect((model.predict(x) as tf.Tensor).dataSync()).toEqual((free.predict(x) as tf.Tensor).dataSync());
    tf.dispose([x]);
    model.dispose();
    free.dispose();
  });

  test("predicting leaves one tensor", () => {
    const model = bit(tiny);
    const images = tf.ones([1, 32, 32, 3]);
    const before = tf.memory().numTensors;
    model.predict(images);
    expect(tf.memory().numTensors - before).toBe(1);
    model.dispose();
  });
});

test.each([
  [() => bit({ ...tiny, classes: -1 }), "bit: classes must be an integer >= 0, got -1"],
  [() => bit({ ...tiny, class: 2 } as never), "bit: unknown option 'class'; did you mean 'classes'?"],
  [
    () => bit({ ...tiny, imageSize: 1.5 }),
    "bit: imageSize must be an integer >= 1 or [height, width], got 1.5",
  ],
  [() => bit({ ...tiny, depths: [1, 0, 1] }), "bit: depths must be integers >= 1, got [1,0,1]"],
  [
    () => bit({ ...tiny, depths: [1] }),
    "bit: depths and channels must be one number a stage each, got [1] and [64,128,256]",
  ],
  [() => bit({ ...tiny, depths: [] }), "one number a stage"],
  [() => bit({ depths: [1, 1, 1, 1, 1], classes: 5 }), "got [1,1,1,1,1] and [256,512,1024,2048]"],
  [
    () => bit({ ...tiny, groups: 32 }),
    "bit: 32 groups must divide all channels, got 16 into stage 0 and 16 inside it",
  ],
  [() => countParameters({ depths: [1], width: 0 }), "countParameters: width must be an integer >= 1, got 0"],
  [
    () => new StdConv2D({ filters: 1, kernelSize: 0 }),
    "StdConv2D: kernelSize must be an integer >= 1, got 0",
  ],
  [
    () => new StdConv2D({ filters: 1, kernelSize: 1, epsilon: 0 }),
    "StdConv2D: epsilon must be a finite number > 0, got 0",
  ],
  [
    () => new StdConv2D({ filters: 1, kernelSize: 1, padding: "causal" as "same" }),
    'StdConv2D: padding must be "fixed" or "same" or "valid", got \'causal\'',
  ],
  [
    () => new StdConv2D({ filters: 1, kernelSize: 1 }).build([null, 4]),
    "StdConv2D: inputs must be [batch, height",
  ],
  [() => new GroupNorm({ groups: 0 }), "GroupNorm: groups must be an integer >= 1, got 0"],
  [() => new GroupNorm({ epsilon: -1 }), "GroupNorm: epsilon must be a finite number > 0, got -1"],
  [() => new GroupNorm({ groups: 4 }).build([null, 6]), "GroupNorm: inputs must be [batch, ..., channels]"],
])("refuses: %#", (make, message) => {
  expect(make).toThrow(message);
});
