import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { afterEach, beforeAll, expect, test } from "vitest";
import {
  customOp,
  hasKernel,
  registerKernels,
  registerStepCapture,
  runKernel,
  stepCapture,
  withGradient,
} from "./index.ts";

beforeAll(async () => {
  await startBackend("cpu");
});
afterEach(() => {
  if (tf.getKernel("SquaredNorms", "cpu")) tf.unregisterKernel("SquaredNorms", "cpu");
  if (tf.getKernel("PatchExtract", "cpu")) tf.unregisterKernel("PatchExtract", "cpu");
});

/** A kernel of that name that multiplies each input by `patchSize`, or by 3. */
const register = (kernelName: string) =>
  tf.registerKernel({
    kernelName,
    backendName: "cpu",
    kernelFunc: ({ inputs, attrs }) =>
      Object.values(inputs).map((x) =>
        tf.mul(x as tf.Tensor, (attrs as { patchSize?: number }).patchSize ?? 3),
      ),
  });

test("hasKernel is true while every named kernel is registered", () => {
  expect(hasKernel("SquaredNorms")).toBe(false);
  register("SquaredNorms");
  expect(hasKernel("SquaredNorms")).toBe(true);
  expect(hasKernel("SquaredNorms", "PatchExtract")).toBe(false);
});

test("a kernel takes inputs by name or in a row and gives its outputs in order", () => {
  register("PatchExtract");
  register("SquaredNorms");
  const [a, b] = [tf.scalar(1), tf.scalar(2)];
  expect(runKernel("PatchExtract", { x: a }, { patchSize: 5 }).map((y) => y.dataSync()[0])).toEqual([5]);
  expect((runKernel("SquaredNorms", [a, b]) as tf.Tensor[]).map((y) => y.dataSync()[0])).toEqual([3, 6]);
});

test("a custom op has the gradient that it was given and keeps only what it saves", () => {
  const double = (x: tf.Tensor) =>
    customOp([x], (v) =>
      withGradient({
        value: tf.sub(tf.mul(v, 3), v),
        saved: [v],
        backward: (dy, [kept]) => [tf.mul(dy, tf.mul(kept, 0.5))],
      }),
    );
  const x = tf.scalar(4);
  const before = tf.memory().numTensors;
  expect(double(x).dataSync()[0]).toBe(8);
  expect(tf.grad(double)(x).dataSync()[0]).toBe(2);
  expect(tf.memory().numTensors - before).toBe(2); // the value and the gradient
});

test("kernels replace a backend's own, may call them, and are unregistered again", () => {
  const before = tf.getKernel("Neg", "cpu");
  const calls: string[] = [];
  const { replaced, added, unregister } = registerKernels("cpu", [
    {
      name: "Neg",
      run: (_, own) => {
        calls.push("Neg");
        return own();
      },
    },
    { name: "SquaredNorms", run: (_, own) => own() },
  ]);
  expect([replaced, added]).toEqual([["Neg"], ["SquaredNorms"]]);
  expect(tf.neg(tf.scalar(2)).dataSync()[0]).toBe(-2);
  expect(calls).toEqual(["Neg"]);
  expect(() => runKernel("SquaredNorms", [])).toThrow(
    "SquaredNorms: backend 'cpu' has no kernel of its own for these inputs",
  );
  unregister();
  unregister();
  expect(tf.getKernel("Neg", "cpu")).toBe(before);
  expect(hasKernel("SquaredNorms")).toBe(false);
});

test("what captures steps is that of the current backend, until it is withdrawn", () => {
  expect(stepCapture()).toBeUndefined();
  const [first, second] = [async () => expect.fail(), async () => expect.fail()];
  const withdrawFirst = registerStepCapture(tf.getBackend(), first);
  registerStepCapture("another", second);
  expect(stepCapture()).toBe(first);
  const withdraw = registerStepCapture(tf.getBackend(), second);
  withdrawFirst();
  expect(stepCapture()).toBe(second);
  withdraw();
  withdraw();
  expect(stepCapture()).toBeUndefined();
});
