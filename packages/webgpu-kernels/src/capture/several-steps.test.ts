// Steps that are captured beside each other: they share variables and memory, and hand tensors on.
import * as tf from "@tensorflow/tfjs-core";
import { stepCapture } from "kernel-contract";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { installWebGpuKernels } from "../index.ts";
import { captureStep } from "./capture-step.ts";
import { CapturedStep } from "./captured-step.ts";
import type { RecordedBackend } from "./recorded-backend.ts";

const missing = await startWebGpu();
const X = { x: { shape: [2] } } as const;

describe.skipIf(missing)(`captured steps${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("change the same variables in turn, in the one buffer that both know", async () => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const sum = tf.variable(tf.zeros([2]));
    const before = tf.memory().numTensors;
    const add = await captureStep(
      ({ x }) => {
        sum.assign(tf.mul(w, x)); // nothing else of the sum is read: its buffer is written
        return { norm: tf.sum(tf.square(sum)) };
      },
      { inputs: X },
    );
    const update = await captureStep(
      () => {
        w.assign(tf.sub(w, sum));
        return {};
      },
      { inputs: {} },
    );
    const bufferOf = (x: tf.Tensor) =>
      (tf.backend() as unknown as RecordedBackend).tensorMap.get(x.dataId).resource;
    const buffers = () => [w, sum].map(bufferOf);
    const x = Float32Array.of(0.5, 3);
    expect((await add.run({ x })).norm![0]).toBe(36.25);
    expect(await update.run({})).toEqual({});
    const first = buffers();
    expect((await add.run({ x })).norm![0]).toBe(0.0625 + 144);
    await update.run({});
    expect(buffers()).toEqual(first);
    expect([[...(await w.data())], [...(await sum.data())]]).toEqual([
      [0.25, 8],
      [0.25, -12],
    ]);
    add.dispose();
    expect(tf.memory().numTensors).toBeGreaterThan(before); // what the update knows
    await update.run({});
    expect([...(await w.data())]).toEqual([0, 20]);
    update.dispose();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([w, sum]);
  });

  test("take tensors and give tensors, of any type in memory", async () => {
    const step = await captureStep(({ x, n }) => ({ y: tf.mul(x, 2), n: tf.add(n, tf.scalar(1, "int32")) }), {
      inputs: { x: { shape: [2] }, n: { shape: [2], dtype: "int32" } },
    });
    const onGpu = tf.add(tf.tensor1d([1, 2]), 1);
    await onGpu.data();
    const cast = tf.cast(tf.add(tf.tensor1d([4, 5], "int32"), tf.scalar(1, "int32")), "float32"); // integers in memory
    const n = tf.tensor1d([7, 8], "int32");
    await tf.setBackend("cpu");
    const another = tf.add(tf.tensor1d([0, 3]), 1); // another backend's
    await tf.setBackend("webgpu");
    const before = tf.memory().numTensors;
    for (const [x, expected] of [
      [onGpu, [4, 6]],
      [cast, [10, 12]],
      [another, [2, 8]],
      [tf.tensor1d([0.5, -1]), [1, -2]],
    ] as const) {
      const { y, n: more } = step.runToTensors({ x, n });
      x.dispose(); // copied
      expect([[...(await y!.data())], [...(await more!.data())], more!.dtype]).toEqual([
        expected,
        [8, 9],
        "int32",
      ]);
      const again = await step.run({ x: y!, n: more! });
      expect([...again.y!]).toEqual(expected.map((value) => 2 * value));
      tf.dispose([y!, more!]);
    }
    expect(tf.memory().numTensors).toBe(before - 3);
    const wrong = (inputs: object) => step.run(inputs as never);
    await expect(wrong({ x: n, n })).rejects.toThrow("the input 'x' must be float32 [2], got int32 [2]");
    await expect(wrong({ x: tf.zeros([3]), n })).rejects.toThrow("must be float32 [2], got float32 [3]");
    n.dispose();
    await expect(wrong({ x: Float32Array.of(1, 2), n })).rejects.toThrow(
      "the input 'n' must be a tensor, got one that was disposed",
    );
    step.dispose();
  });

  test("share their temporary memory, which is freed with the last of them", async () => {
    const { device } = tf.backend() as unknown as RecordedBackend;
    const { createBuffer } = device;
    let live = 0;
    device.createBuffer = (options) => {
      const buffer = createBuffer.call(device, options);
      const { destroy } = buffer;
      live += options.size;
      buffer.destroy = () => {
        live -= options.size;
        destroy.call(buffer);
      };
      return buffer;
    };
    try {
      const size = 1000;
      const capture = (factor: number) =>
        captureStep(({ x }) => ({ y: tf.sum(tf.square(tf.exp(tf.mul(x, factor)))) }), {
          inputs: { x: { shape: [size] } },
        });
      const one = await capture(0);
      const alone = live;
      const two = await capture(0.5);
      expect(live - alone).toBeLessThan(4 * size); // uniforms and constants
      const x = new Float32Array(size);
      const results = [one.run({ x }), two.run({ x: x.fill(2) }), one.run({ x })];
      const sums = (await Promise.all(results)).map(({ y }) => y![0]!);
      expect([sums[0], sums[2]]).toEqual([size, size]);
      expect(sums[1]! / (size * Math.exp(2))).toBeCloseTo(1, 5);
      one.dispose();
      expect((await two.run({ x: x.fill(0) })).y![0]).toBe(size);
      two.dispose();
      expect(live).toBeLessThan(4 * size);
    } finally {
      device.createBuffer = createBuffer;
    }
  });
});

test.skipIf(missing)("captureStep is what captures steps while the kernels are installed", async () => {
  const step = await stepCapture()!(({ x }) => ({ y: tf.mul(x!, 2) }), { inputs: X });
  expect(step).toBeInstanceOf(CapturedStep);
  step.dispose();
  installWebGpuKernels().uninstall();
  expect(stepCapture()).toBeUndefined();
  installWebGpuKernels();
  expect(stepCapture()).toBeDefined();
});
