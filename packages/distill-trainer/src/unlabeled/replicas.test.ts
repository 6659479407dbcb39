import * as tf from "@tensorflow/tfjs-core";
import { errorOverLargest } from "test-kit";
import { startBackend } from "tfjs-backends";
import { variablesOf } from "tfjs-optim";
import { fit } from "train-loop";
import { expect, test } from "vitest";
import { mixedSource } from "../index.ts";
import { CLASSES, pictures, SOME, studentOf, taskOf } from "./test-data.ts";

test.each([false, true])(
  "replicas weigh labeled rows as one thread does, mixed: %s",
  async (mixes) => {
    await startBackend("wasm");
    const setup = { module: new URL("./test-data.ts", import.meta.url), data: "wasm" };
    const train = async (replicas: number) => {
      const student = studentOf();
      const optimizer = tf.train.sgd(0.1);
      const plain = pictures(SOME);
      const source = mixes ? mixedSource(plain, { classes: CLASSES }) : plain;
      const options = { epochs: 2, microBatchSize: 3, replicas, setup };
      const { history } = await fit(taskOf(student), optimizer, source, options);
      return { values: variablesOf(student).map((x) => (x.dataSync() as Float32Array).slice()), history };
    };
    const [one, two] = [await train(1), await train(2)];
    for (const [name, values] of Object.entries(one.history)) {
      values.forEach((value, i) => void expect(two.history[name]![i]).toBeCloseTo(value as number, 5));
    }
    const errors = two.values.map((values, i) => errorOverLargest(values, one.values[i]!));
    expect(Math.max(...errors)).toBeLessThan(1e-5);
  },
  60_000,
);
