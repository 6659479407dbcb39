import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { startBackend } from "tfjs-backends";
import type { CapturedForward } from "train-loop";
import { beforeAll, expect, test } from "vitest";
import { layersTeacher } from "../index.ts";

beforeAll(() => startBackend("cpu"));

test.each([
  ["of two operations", (images: tf.Tensor) => tf.sub(tf.div(images, 127.5), 1)],
  ["that changes nothing", (images: tf.Tensor) => images],
])("a pass that a run captures keeps nothing of a preprocessing %s", async (_, preprocess) => {
  const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [3] })] });
  const teacher = layersTeacher(model, { preprocess });
  const images = tf.ones([2, 3]);
  const expected = await teacher.logits(images);
  const before = tf.memory().numTensors;
  const forward: CapturedForward = async (_, input, compute) => tf.tidy(() => compute(input));
  const logits = await teacher.logits(images, { forward });
  expect(tf.memory().numTensors).toBe(before + 1);
  expect(images.isDisposed).toBe(false);
  expect(logits.dataSync()).toEqual(expected.dataSync());
  tf.dispose([images, expected, logits]);
  model.dispose();
});
