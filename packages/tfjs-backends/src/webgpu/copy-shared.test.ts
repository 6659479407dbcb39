import * as tf from "@tensorflow/tfjs-core";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { copyShared } from "./copy-shared.ts";

const missing = await startWebGpu();

describe.skipIf(missing)(`shared memory${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("becomes a tensor's numbers", async () => {
    const numbers = new Float32Array(new SharedArrayBuffer(40));
    numbers.set(Array.from(numbers.keys()));
    const labels = new Int32Array(new SharedArrayBuffer(12)).fill(7);
    const sum = tf.tidy(() => tf.add(tf.tensor1d(numbers.subarray(4, 8)), 1));
    expect([...(await sum.data())]).toEqual([5, 6, 7, 8]);
    const more = tf.tidy(() => tf.add(tf.tensor1d(labels), tf.scalar(1, "int32")));
    expect([...(await more.data())]).toEqual([8, 8, 8]);
    tf.dispose([sum, more]);
  });
});

test("a queue gets copies of shared memory, and the rest as it is", () => {
  const written: unknown[] = [];
  const queue = { writeBuffer: (...given: unknown[]) => void written.push(given) };
  copyShared(queue);
  const buffer = {};
  const shared = new SharedArrayBuffer(16);
  new Float32Array(shared).set([1, 2, 3, 4]);
  const own = Float32Array.of(5);
  queue.writeBuffer(buffer, 4, new Float32Array(shared, 4, 2), 1, 1);
  queue.writeBuffer(buffer, 0, shared);
  queue.writeBuffer(buffer, 0, new DataView(shared, 12));
  queue.writeBuffer(buffer, 0, own);
  queue.writeBuffer(buffer, 0, own.buffer);
  const datas = written.map((given) => (given as unknown[])[2]) as (ArrayBuffer | DataView | Float32Array)[];
  expect(written[0]).toEqual([buffer, 4, Float32Array.of(2, 3), 1, 1]);
  expect(new Float32Array(datas[1] as ArrayBuffer)).toEqual(Float32Array.of(1, 2, 3, 4));
  expect((datas[2] as DataView).getFloat32(0, true)).toBe(4);
  for (const data of datas.slice(0, 3))
    expect("buffer" in data ? data.buffer : data).toBeInstanceOf(ArrayBuffer);
  expect(datas[3]).toBe(own);
  expect(datas[4]).toBe(own.buffer);
});
