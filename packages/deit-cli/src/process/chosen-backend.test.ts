import * as tf from "@tensorflow/tfjs-core";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { startChosenBackend } from "./chosen-backend.ts";
import { UsageError } from "./usage-error.ts";

const missing = await startWebGpu();

test("half precision is refused by name on every backend that has none, before it starts", async () => {
  await startChosenBackend({ backend: "cpu", precision: "float32" });
  for (const backend of ["wasm", "cpu", "tensorflow"] as const) {
    const refused = startChosenBackend({ backend, precision: "mixed_float16" });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      `--precision: expected --backend webgpu with mixed_float16, got the backend ${backend}; --precision float32 is for all`,
    );
  }
  expect(tf.getBackend()).toBe("cpu");
});

describe.skipIf(missing)(`on WebGPU${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("half precision is refused by name on a device that has none", async ({ skip }) => {
    const { detail } = await startChosenBackend({ backend: "webgpu", precision: "float32" });
    expect(detail).not.toContain("half");
    const { device } = tf.backend() as unknown as { device: { features: ReadonlySet<string> } };
    skip(device.features.has("shader-f16"), "this device has shader-f16; train/precision.test.ts uses it");
    const refused = startChosenBackend({ backend: "webgpu", precision: "mixed_float16" });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      '--precision: installWebGpuKernels: precision "mixed_float16" needs the device\'s feature shader-f16',
    );
  });
});
