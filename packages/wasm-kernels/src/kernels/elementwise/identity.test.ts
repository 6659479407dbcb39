import * as tf from "@tensorflow/tfjs-core";
import { startWasm } from "test-kit/backends";
import { beforeAll, expect, test } from "vitest";

beforeAll(startWasm);

test("a clone costs no memory and outlives the tensor that it was made from", () => {
  const x = tf.tensor1d([1, 2, 3]);
  const { numDataBuffers } = tf.memory();
  const clone = tf.clone(x);
  expect(clone).not.toBe(x);
  expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
  x.dispose();
  expect([...clone.dataSync()]).toEqual([1, 2, 3]);
  clone.dispose();
  expect(tf.memory().numDataBuffers).toBe(numDataBuffers - 1);
});

test("a clone of a variable keeps its value when the variable is assigned another", () => {
  const variable = tf.variable(tf.tensor1d([1]));
  const clone = tf.clone(variable);
  variable.assign(tf.tensor1d([2]));
  expect(clone.dataSync()[0]).toBe(1);
  tf.dispose([variable, clone]);
});

test("strings are cloned too", () => {
  expect(tf.clone(tf.tensor1d(["a", "b"])).dataSync()).toEqual(["a", "b"]);
});
