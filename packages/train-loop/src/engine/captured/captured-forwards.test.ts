import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import * as tfl from "@tensorflow/tfjs-layers";
import { registerStepCapture, stepCapture } from "kernel-contract";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { capturedForwards } from "./captured-forwards.ts";

const missing = await startWebGpu();

function model(): tfl.LayersModel {
  return tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [3] })] });
}

describe.skipIf(missing)(`forward passes${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("are captured when they come again, with the weights as they are, and freed", async () => {
    const net = model();
    const own = stepCapture()!;
    let captures = 0;
    const restore = registerStepCapture("webgpu", (...given) => {
      captures += 1;
      return own(...given);
    });
    const forwards = capturedForwards("mine");
    const before = tf.memory().numTensors;
    const run = async (x: tf.Tensor) => {
      const compute = (input: tf.Tensor) => [net.apply(input) as tf.Tensor];
      const [y] = await forwards.forward({ model: net, name: "logits" }, x, compute);
      const values = [...(await y!.data())];
      y!.dispose();
      return values;
    };
    const x = tf.ones([4, 3]);
    const expected = await run(x);
    expect(await run(x)).toEqual(expected);
    const both = await Promise.all([run(x), run(x)]);
    expect(both).toEqual([expected, expected]);
    expect(captures).toBe(1);
    tf.tidy(() => net.setWeights([tf.ones([3, 2]), tf.tensor1d([1, 2])]));
    expect(await run(x)).toEqual([4, 5, 4, 5, 4, 5, 4, 5]);
    forwards.dispose();
    expect(await run(x)).toEqual([4, 5, 4, 5, 4, 5, 4, 5]);
    x.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(captures).toBe(1);
    restore();
    registerStepCapture("webgpu", own);
    net.dispose();
  });

  test("read weights that another backend has used meanwhile, and are captured again", async () => {
    const net = model();
    const before = tf.memory().numTensors;
    const forwards = capturedForwards("mine");
    const run = async () => {
      const x = tf.ones([4, 3]);
      const [y] = await forwards.forward({ model: net, name: "" }, x, (input) => [
        net.apply(input) as tf.Tensor,
      ]);
      const values = [...(await y!.data())];
      tf.dispose([x, y!]);
      return values;
    };
    tf.tidy(() => net.setWeights([tf.ones([3, 2]), tf.tensor1d([1, 2])]));
    const expected = [4, 5, 4, 5, 4, 5, 4, 5];
    for (let i = 0; i < 3; i++) expect(await run()).toEqual(expected);
    for (const weight of net.weights) await weight.read().data(); // without that tfjs cannot move them
    await tf.setBackend("cpu");
    expect(await run()).toEqual(expected);
    await tf.setBackend("webgpu");
    const others = Array.from({ length: 20 }, () => tf.fill([3, 2], 9)); // in the memory that they had
    for (let i = 0; i < 3; i++) expect(await run()).toEqual(expected);
    tf.dispose(others);
    forwards.dispose();
    expect(tf.memory().numTensors).toBe(before);
    net.dispose();
  });

  test("of several callers at once are captured once", async () => {
    const net = model();
    const own = stepCapture()!;
    let captures = 0;
    registerStepCapture("webgpu", (...given) => {
      captures += 1;
      return own(...given);
    });
    const forwards = capturedForwards("mine");
    const x = tf.ones([1, 3]);
    const run = () =>
      forwards.forward({ model: net, name: "" }, x, (input) => [net.apply(input) as tf.Tensor]);
    const all = await Promise.all([run(), run(), run()]);
    expect(captures).toBe(1);
    const values = await Promise.all(all.map(([y]) => y!.data()));
    expect(values[1]).toEqual(values[0]);
    expect(values[2]).toEqual(values[0]);
    registerStepCapture("webgpu", own);
    forwards.dispose();
    tf.dispose([all, x]);
    net.dispose();
  });
});

test("run as they are on a backend that captures nothing", async () => {
  await tf.setBackend("cpu");
  const forwards = capturedForwards("mine");
  const x = tf.ones([2, 3]);
  const before = tf.memory().numTensors;
  const [y] = await forwards.forward({ model: {}, name: "sum" }, x, (input) => [tf.sum(tf.mul(input, 2))]);
  expect(tf.memory().numTensors).toBe(before + 1);
  expect((await y!.data())[0]).toBe(12);
  tf.dispose([x, y!]);
  forwards.dispose();
});
