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

test("refuses another backend and leaves tfjs alone", async () => {
  if (!missing) installWebGpuKernels().uninstall();
  await tf.setBackend("cpu");
  expect(() => installWebGpuKernels()).toThrow("expected tfjs' backend to be 'webgpu', got 'cpu'");
  expect(tf.getKernel("Attention", "webgpu")).toBeUndefined();
});
