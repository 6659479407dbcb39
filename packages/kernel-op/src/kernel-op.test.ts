import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { afterEach, beforeAll, expect, test } from "vitest";
import { customOp, hasKernel, registerKernels, runKernel } from "./index.ts";

beforeAll(async () => {
  await startBackend("cpu");
});
afterEach(() => {
  if (tf.getKernel("Triple", "cpu")) tf.unregisterKernel("Triple", "cpu");
});

const register = () =>
  tf.registerKernel({
    kernelName: "Triple",
    backendName: "cpu",
    kernelFunc: ({ inputs, attrs }) =>
      Object.values(inputs).map((x) => tf.mul(x as tf.Tensor, (attrs as { by?: number }).by ?? 3)),
  });

test("a kernel is found while it is registered, and all that are asked for must be", () => {
  expect(hasKernel("Triple")).toBe(false);
  register();
  expect(hasKernel("Triple")).toBe(true);
  expect(hasKernel("Triple", "TripleGrad")).toBe(false);
});

test("a kernel takes inputs by name or in a row and gives its outputs in order", () => {
  register();
  const [a, b] = [tf.scalar(1), tf.scalar(2)];
  expect(runKernel("Triple", { a }).map((y) => y.dataSync()[0])).toEqual([3]);
  expect(runKernel("Triple", [a, b], { by: 5 }).map((y) => y.dataSync()[0])).toEqual([5, 10]);
});

test("a custom op has the gradient that it was given and keeps only what it saves", () => {
  const double = (x: tf.Tensor) =>
    customOp([x], (v) => ({
      value: tf.sub(tf.mul(v!, 3), v!),
      saved: [v!],
      backward: (dy, [kept]) => [tf.mul(dy, tf.mul(kept!, 0.5))],
    }));
  const x = tf.scalar(4);
  const before = tf.memory().numTensors;
  expect(double(x).dataSync()[0]).toBe(8);
  expect(tf.grad(double)(x).dataSync()[0]).toBe(2);
  expect(tf.memory().numTensors - before).toBe(2); // the value and the gradient
});

test("kernels stand in for a backend's own, may call them, and go again", () => {
  const own = tf.getKernel("Neg", "cpu");
  const calls: string[] = [];
  const { replaced, added, unregister } = registerKernels("cpu", [
    {
      name: "Neg",
      run: (_, stock) => {
        calls.push("Neg");
        return stock();
      },
    },
    { name: "Triple", run: (_, stock) => stock() },
  ]);
  expect([replaced, added]).toEqual([["Neg"], ["Triple"]]);
  expect(tf.neg(tf.scalar(2)).dataSync()[0]).toBe(-2);
  expect(calls).toEqual(["Neg"]);
  expect(() => runKernel("Triple", [])).toThrow(
    "Triple: backend 'cpu' has no kernel of its own for these inputs",
  );
  unregister();
  unregister();
  expect(tf.getKernel("Neg", "cpu")).toBe(own);
  expect(hasKernel("Triple")).toBe(false);
});
