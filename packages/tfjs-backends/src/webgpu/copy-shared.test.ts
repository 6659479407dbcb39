import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs-core";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { copyShared } from "./copy-shared.ts";

const missing = await startWebGpu();

describe.skipIf(missing)(`shared memory${missing ? ` (skipped: ${missing})` : ""}`, () => {
  // Of numbers that are many enough not to be computed on the CPU, which tfjs does with fewer than 1,000.
  test.each([
    ["this realm", (bytes: number) => new SharedArrayBuffer(bytes)],
    ["another realm", (bytes: number) => runInNewContext(`new SharedArrayBuffer(${bytes})`)],
  ])("of %s becomes a tensor's numbers", async (_, allocate) => {
    const numbers = new Float32Array(allocate(4 * 2000));
    numbers.set(Array.from(numbers.keys()));
    const labels = new Int32Array(allocate(4 * 1500)).fill(7);
    const sum = tf.tidy(() => tf.add(tf.tensor1d(numbers.subarray(4, 1504)), 1));
    expect([...(await sum.data())]).toEqual(Array.from({ length: 1500 }, (_, i) => i + 5));
    const more = tf.tidy(() => tf.add(tf.tensor1d(labels), tf.scalar(1, "int32")));
    expect([...(await more.data())]).toEqual(Array(1500).fill(8));
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
  queue.writeBuffer(buffer, 0, Buffer.from(shared, 8, 4));
  queue.writeBuffer(buffer, 0, own);
  queue.writeBuffer(buffer, 0, own.buffer);
  const datas = written.map((given) => (given as unknown[])[2]) as (ArrayBuffer | DataView | Float32Array)[];
  expect(written[0]).toEqual([buffer, 4, Float32Array.of(2, 3), 1, 1]);
  expect(new Float32Array(datas[1] as ArrayBuffer)).toEqual(Float32Array.of(1, 2, 3, 4));
  expect((datas[2] as DataView).getFloat32(0, true)).toBe(4);
  expect([...(datas[3] as unknown as Buffer)]).toEqual([...new Uint8Array(shared, 8, 4)]);
  for (const data of datas.slice(0, 4))
    expect("buffer" in data ? data.buffer : data).toBeInstanceOf(ArrayBuffer);
  expect(datas[4]).toBe(own);
  expect(datas[5]).toBe(own.buffer);
});
