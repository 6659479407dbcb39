// What is done with variables between runs, which play on their memory.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { startWebGpu } from "test-kit/backends";
import { expect, test } from "vitest";
import { captureStep } from "../capture-step.ts";

const missing = await startWebGpu();
const X = { x: { shape: [2] } } as const;
const ONES = { x: Float32Array.of(1, 1) };

/** A step that adds to a variable, and the variable. */
async function adding() {
  const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
  const step = await captureStep(
    ({ x }) => {
      w.assign(tf.add(w, x));
      return { w: tf.mul(w, 1) };
    },
    { inputs: X },
  );
  return { w, step };
}

test.skipIf(missing)(
  "a read-back that began before a run gives the numbers of then, and the next one those of now",
  async () => {
    const { w, step } = await adding();
    for (const first of [2, 4]) {
      await step.run(ONES);
      const before = w.data();
      const again = w.data();
      const run = step.run(ONES);
      expect([...(await before)]).toEqual([first, first + 1]);
      expect([...(await again)]).toEqual([first, first + 1]);
      expect([...(await w.data())]).toEqual([first + 1, first + 2]);
      expect([...(await run).w!]).toEqual([first + 1, first + 2]);
      expect([...w.dataSync()]).toEqual([first + 1, first + 2]); // tfjs keeps what it has read, as ever
    }
    step.dispose();
    w.dispose();
  },
);

test.skipIf(missing)(
  "a variable that another backend has used is not read where it was: the step says so, and can be captured anew",
  async () => {
    const before = tf.memory().numTensors;
    const { w, step } = await adding();
    await step.run(ONES);
    expect(step.isOutdated).toBe(false);
    await w.data(); // without that tfjs cannot move it
    await tf.setBackend("cpu");
    await expect(step.run(ONES)).rejects.toThrow(
      "captureStep: the step was captured on another backend than the current one, 'cpu'",
    );
    expect(tf.tidy(() => [...tf.mul(w, 2).dataSync()])).toEqual([4, 6]);
    await tf.setBackend("webgpu");
    const others = tf.tidy(() => Array.from({ length: 9 }, () => tf.fill([2], 7))); // in the memory that it had
    expect(step.isOutdated).toBe(true);
    await expect(step.run(ONES)).rejects.toThrow(`captureStep: '${w.name}' was used on another backend`);
    const capture = () => captureStep(({ x }) => ({ y: tf.mul(w, x) }), { inputs: X });
    await expect(capture()).rejects.toThrow(`the variable '${w.name}', which is on another backend`);
    tf.tidy(() => void tf.mul(w, 1));
    const anew = await capture();
    expect([...(await anew.run(ONES)).y!]).toEqual([2, 3]);
    for (const other of others) expect([...(await other.data())]).toEqual([7, 7]);
    step.dispose();
    expect([...(await anew.run(ONES)).y!]).toEqual([2, 3]);
    anew.dispose();
    expect([...(await w.data())]).toEqual([2, 3]);
    tf.dispose([w, others]);
    expect(tf.memory().numTensors).toBe(before);
  },
);

test.skipIf(missing)("what happens to variables while a step is being captured counts", async () => {
  const before = tf.memory().numTensors;
  const [w, sum, other, unused] = tf.tidy(() => [1, 2, 3, 4].map((x) => tf.variable(tf.tensor1d([x, x]))));
  const capturing = captureStep(
    ({ x }) => {
      sum!.assign(tf.add(w!, x));
      w!.assign(tf.mul(w!, 2));
      return { y: tf.mul(sum!, 1) };
    },
    { inputs: X },
  );
  w!.assign(other!); // shares its memory until the step changes it
  sum!.assign(other!);
  unused!.dispose();
  const step = await capturing;
  expect([...(await step.run(ONES)).y!]).toEqual([4, 4]);
  expect([...(await step.run(ONES)).y!]).toEqual([7, 7]);
  const values = await Promise.all([w!, sum!, other!].map(async (each) => [...(await each.data())]));
  expect(values).toEqual([
    [12, 12],
    [7, 7],
    [3, 3],
  ]);
  step.dispose();
  const late = captureStep(({ x }) => ({ y: tf.mul(tf.mul(w!, other!), tf.add(x, sum!)) }), { inputs: X });
  w!.dispose();
  await expect(late).rejects.toThrow(`captureStep: the variable '${w!.name}' was disposed`);
  tf.dispose([sum!, other!]);
  expect(tf.memory().numTensors).toBe(before);
});
