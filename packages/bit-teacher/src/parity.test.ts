import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { openNpz, openSavedModelZip } from "named-weights";
import { bytesSource, openSafetensors } from "safetensors-io";
import { largestDifference as apart, errorOverLargest, fixturesOf, parity, tensorsOf } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { hashed } from "../test/hashed.ts";
import { bit, bitSizes, featuresOf, loadWeights } from "./index.ts";
import { timmKey } from "./weight-names.ts";

const { bytes: fixture } = fixturesOf(import.meta.url);

/** Issue's bound; logits of size 1. */
const TOLERANCE = 1e-4;

const small = { depths: [1, 2, 1], channels: [32, 32, 64], stemChannels: 16, groups: 4, classes: 5 };
const TIMM = { reference: "timm", version: "1.0.31", tolerance: TOLERANCE };

const predict = (model: tfl.LayersModel, data: Float32Array, shape: number[]) =>
  tf.tidy(() => (model.predict(tf.tensor(data, shape)) as tf.Tensor).dataSync());

describe.each(PARITY_BACKENDS)("on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each(["small.safetensors", "small.npz", "small-compressed.npz"])(
    "%s gives timm's logits",
    async (name) => {
      const source = bytesSource(fixture(name), name);
      const file = await (name.endsWith(".npz") ? openNpz(source) : openSafetensors(source));
      const model = bit({ ...small, weightEpsilon: 1e-8 });
      const { kept, skipped } = await loadWeights(model, file);
      expect([kept, skipped]).toEqual([[], []]);
      const expected = await tensorsOf(fixture("small-expected.safetensors"));
      const { data, shape } = expected.get("images")!;
      const features = featuresOf(model);
      const measured = Math.max(
        apart(predict(model, data, shape), expected.get("logits")!.data),
        apart(predict(features, data, shape), expected.get("features")!.data),
      );
      parity({ item: `BiT, small: logits and features of ${name}, absolute`, backend, ...TIMM, measured });
      model.dispose();
    },
  );

  // tfjs' own WASM backend has no gradient of a convolution's filter.
  test.runIf(backend !== "wasm")("the gradient of every weight is timm's", async () => {
    const [model, gradients] = [bit({ ...small, weightEpsilon: 1e-8 }), bit(small)];
    await loadWeights(model, await openSafetensors(bytesSource(fixture("small.safetensors"))));
    await loadWeights(gradients, await openSafetensors(bytesSource(fixture("small-gradients.safetensors"))));
    const { data, shape } = (await tensorsOf(fixture("small-expected.safetensors"))).get("images")!;
    const measured = tf.tidy(() => {
      const targets = tf.oneHot(tf.tensor1d([1, 3], "int32"), 5);
      const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const { grads } = tf.variableGrads(() => {
        const logits = model.apply(tf.tensor(data, shape)) as tf.Tensor2D;
        return tf.neg(tf.div(tf.sum(tf.mul(targets, tf.logSoftmax(logits))), 2)) as tf.Scalar;
      }, variables);
      const errors = variables.map(({ name }, i) =>
        errorOverLargest(grads[name]!.dataSync(), gradients.trainableWeights[i]!.read().dataSync()),
      );
      return Math.max(...errors);
    });
    parity({
      item: "BiT, small: gradient of every weight, each relative to its largest",
      backend,
      ...TIMM,
      measured,
    });
    for (const each of [model, gradients]) each.dispose();
  });

  test("the Keras example's kind of teacher gives Keras' logits", async () => {
    const model = bit(small);
    const report = await loadWeights(
      model,
      await openSavedModelZip(bytesSource(fixture("teacher.zip"), "teacher.zip")),
    );
    expect(report.names).toBe("bit");
    expect(report.skipped.filter((name) => name.startsWith("resnet"))).toEqual([]);
    const expected = await tensorsOf(fixture("teacher-expected.safetensors"));
    const { data, shape } = expected.get("photos")!;
    const logits = predict(
      model,
      data.map((pixel) => pixel / 255),
      shape,
    );
    parity({
      item: "BiT, small: logits of a SavedModel with a KerasLayer, absolute",
      ...{ reference: "tensorflow-cpu", version: "2.15.1", tolerance: TOLERANCE, backend },
      measured: apart(logits, expected.get("logits")!.data),
    });
    model.dispose();
  });
});

test("R50x1 with the same weights has timm's features and logits", async () => {
  await startBackend("wasm");
  const model = bit({ ...bitSizes.r50x1, weightEpsilon: 1e-8, classes: 1000, init: "zeros" });
  expect(model.countParams()).toBe(25_549_352);
  for (const variable of model.weights) {
    const key = timmKey(variable.originalName);
    const shape = variable.shape as number[];
    const gain = shape.length === 1 && key.endsWith(".weight") ? 1 : 0;
    const values = hashed(key, tf.util.sizeFromShape(shape)).map((value) => value + gain);
    const value = tf.tensor(values, shape);
    variable.write(value);
    value.dispose();
  }
  const image = hashed("images", 64 * 64 * 3);
  const expected = await tensorsOf(fixture("r50x1-expected.safetensors"));
  const logits = errorOverLargest(predict(model, image, [1, 64, 64, 3]), expected.get("logits")!.data);
  const features = errorOverLargest(
    predict(featuresOf(model), image, [1, 64, 64, 3]),
    expected.get("features")!.data,
  );
  const row = {
    item: "BiT R50x1: logits and features, relative to the largest",
    backend: "wasm with kernels",
  };
  parity({ ...row, ...TIMM, measured: Math.max(logits, features) });
  model.dispose();
});
