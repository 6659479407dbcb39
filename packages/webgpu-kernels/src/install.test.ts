import * as tf from "@tensorflow/tfjs-core";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { installWebGpuKernels } from "./install.ts";

const missing = await startWebGpu();

describe.skipIf(missing)(`installWebGpuKernels${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("installs once and puts tfjs back as it was", () => {
    installWebGpuKernels().uninstall();
    const own = tf.getKernel("Sum", "webgpu");
    expect(tf.getKernel("Attention", "webgpu")).toBeUndefined();
    const installed = installWebGpuKernels();
    expect(installWebGpuKernels()).toBe(installed);
    expect(installed.replaced).toEqual(["BatchMatMul", "Mean", "Sum"]);
    expect(installed.added).toContain("Attention");
    expect(tf.getKernel("Sum", "webgpu")).not.toBe(own);
    installed.uninstall();
    installed.uninstall();
    expect(tf.getKernel("Sum", "webgpu")).toBe(own);
    expect(tf.getKernel("Attention", "webgpu")).toBeUndefined();
    installWebGpuKernels();
  });
});

describe.skipIf(missing)("precision", () => {
  test("in half needs a feature that SwiftShader lacks, and is one of two", ({ skip }) => {
    const { device } = tf.backend() as unknown as { device: { features: ReadonlySet<string> } };
    skip(device.features.has("shader-f16"), "this device has shader-f16; half-product.test.ts uses it");
    const before = tf.getKernel("BatchMatMul", "webgpu");
    expect(() => installWebGpuKernels({ precision: "mixed_float16" })).toThrow(
      'installWebGpuKernels: precision "mixed_float16" needs the device\'s feature shader-f16',
    );
    expect(tf.getKernel("BatchMatMul", "webgpu")).toBe(before);
    expect(() => installWebGpuKernels({ precision: "float16" as never })).toThrow(
      'installWebGpuKernels: precision must be "float32" or "mixed_float16", got \'float16\'',
    );
    expect(() => installWebGpuKernels({ precison: "float32" } as never)).toThrow("precison");
    expect(installWebGpuKernels({ precision: "float32" })).toBe(installWebGpuKernels());
  });
});

test("refuses another backend and leaves tfjs alone", async () => {
  if (!missing) installWebGpuKernels().uninstall();
  await tf.setBackend("cpu");
  expect(() => installWebGpuKernels()).toThrow("expected tfjs' backend to be 'webgpu', got 'cpu'");
  expect(tf.getKernel("Attention", "webgpu")).toBeUndefined();
});
