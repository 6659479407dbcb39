import * as tf from "@tensorflow/tfjs-core";
import { recordedBy, type StepRecorder } from "kernel-contract";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { KeptSamples } from "./kept-samples.ts";
import { keyedMask } from "./keyed-mask.ts";
import { rowKeys } from "./row-keys.ts";
import { stochasticDepth } from "./stochastic-depth.ts";

const missing = await startWebGpu();
const KEYS = Uint32Array.from({ length: 200 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 0);
const asTensor = (keys: Uint32Array) => tf.tensor1d(new Int32Array(keys.buffer), "int32");

describe.skipIf(missing)(`keys on the GPU${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test.each([0.1, 1 / 3, 0.5, 0.9, 1 - 2 ** -34, 1])(
    "draw the bits of keys on the host, dropProb %d",
    async (dropProb) => {
      await tf.setBackend("webgpu");
      const layer = new KeptSamples({ dropProb, name: "drop_path" });
      const x = tf.ones([KEYS.length, 2]);
      const maskOf = async (sampleKeys: unknown) => {
        const [kept, mask] = layer.apply(x, { training: true, sampleKeys } as never) as tf.Tensor[];
        expect(kept!.shape).toEqual(x.shape);
        return mask!.data();
      };
      expect(await maskOf(asTensor(KEYS))).toEqual(await maskOf(KEYS));
      const depth = (sampleKeys: Uint32Array | tf.Tensor1D) =>
        stochasticDepth(x, { dropProb, training: true, sampleKeys, site: 7 }).data();
      expect(await depth(asTensor(KEYS))).toEqual(await depth(KEYS));
    },
  );

  test("draw several elements of a sample", async () => {
    await tf.setBackend("webgpu");
    const options = { site: 3, size: 37, factor: 1.25, keeps: (drawn: number) => drawn >= 0.2 };
    const onHost = keyedMask("mine", { ...options, sampleKeys: KEYS });
    expect(onHost.shape).toEqual([200, 37]);
    const onGpu = keyedMask("mine", { ...options, sampleKeys: asTensor(KEYS) });
    expect(await onGpu.data()).toEqual(await onHost.data());
  });
});

const options = { site: 3, factor: 1, keeps: () => true };

test("keys as a tensor are refused without the kernel, or of another type", async () => {
  await tf.setBackend("cpu");
  const refused = (keys: tf.Tensor) => () =>
    keyedMask("mine", { ...options, sampleKeys: keys as tf.Tensor1D });
  expect(refused(asTensor(KEYS))).toThrow("mine: sampleKeys that are a tensor need the kernel KeyedMask");
  expect(refused(tf.ones([2]))).toThrow("mine: sampleKeys must be int32 [batch], got float32 [2]");
});

test("keys on the host, and a layer's own, are refused in a step that is being recorded", () => {
  const recorded = (draw: () => unknown) => () => recordedBy({} as StepRecorder, draw);
  const what = "a recorded step draws from sampleKeys that are an int32 tensor";
  expect(recorded(() => keyedMask("mine", { ...options, sampleKeys: [1] }))).toThrow(`mine: ${what}`);
  expect(recorded(() => rowKeys({ kwargs: {}, batch: 1, seed: 0, call: 0 }))).toThrow(what);
  const x = tf.ones([1, 2]);
  const depth = () => stochasticDepth(x, { dropProb: 0.5, training: true, sampleKeys: [1] });
  expect(recorded(depth)).toThrow(what);
});
