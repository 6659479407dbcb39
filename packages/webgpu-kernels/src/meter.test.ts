import * as tf from "@tensorflow/tfjs-core";
import { noise } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { meterGpu } from "./meter.ts";

const missing = await startWebGpu();

interface Pass {
  dispatchWorkgroups(...counts: number[]): void;
}

describe.skipIf(missing)(`meterGpu${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("counts the dispatches of WebGPU itself, ours and tfjs' own, until it is stopped", async () => {
    const { prototype } = (globalThis as unknown as { GPUComputePassEncoder: { prototype: Pass } })
      .GPUComputePassEncoder;
    const { dispatchWorkgroups } = prototype;
    let calls = 0;
    prototype.dispatchWorkgroups = function (...counts) {
      calls += 1;
      return dispatchWorkgroups.apply(this, counts);
    };
    const meter = meterGpu();
    const qkv = tf.tensor3d(noise(2 * 5 * 24, 1), [2, 5, 24]);
    const attrs = { heads: 2, scale: 0.5, queries: 5 };
    const [out, lse] = tf.engine().runKernel("Attention", { qkv }, attrs) as tf.Tensor[];
    const doubled = tf.mul(out!, 2);
    await doubled.data();
    const { dispatches, programs, boundBytes, uploads, uploadedBytes, readBacks, readBackBytes } =
      meter.read();
    expect(dispatches).toBe(2);
    expect(programs.get("Attention")).toBe(1);
    // qkv, its third and a number for each head and query; then that third, a 2 and the product.
    expect(boundBytes).toBe(4 * (240 + 80 + 20 + 80 + 1 + 80));
    expect([uploads, uploadedBytes]).toEqual([2, 4 * 241]);
    expect([readBacks, readBackBytes]).toEqual([1, 4 * 80]);
    expect(calls).toBe(2);
    meter.reset();
    expect(meter.read().dispatches).toBe(0);
    meter.stop();
    tf.add(doubled, 1);
    expect(meter.read().dispatches).toBe(0);
    expect(calls).toBe(3);
    prototype.dispatchWorkgroups = dispatchWorkgroups;
    tf.dispose([qkv, out!, lse!, doubled]);
  });
});
