import * as tf from "@tensorflow/tfjs-core";
import { startTensorFlow } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { installTensorFlowKernels } from "./install.ts";

const missing = await startTensorFlow();

describe.skipIf(missing)(`installTensorFlowKernels${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("installs once and leaves tfjs as it was when uninstalled, its memory too", () => {
    installTensorFlowKernels().uninstall();
    expect(tf.getKernel("Gelu", "tensorflow")).toBeUndefined();
    const { numTensors, numDataBuffers } = tf.memory();
    const installed = installTensorFlowKernels();
    expect(installTensorFlowKernels()).toBe(installed);
    expect(installed.replaced).toEqual([]);
    expect(installed.added).toContain("Attention");
    tf.dispose(tf.tidy(() => tf.engine().runKernel("Gelu", { x: tf.ones([3]) })));
    expect(tf.memory().numTensors).toBeGreaterThan(numTensors);
    installed.uninstall();
    installed.uninstall();
    expect(tf.getKernel("Gelu", "tensorflow")).toBeUndefined();
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    installTensorFlowKernels();
  });
});

test("refuses another backend and leaves tfjs alone", async () => {
  if (!missing) installTensorFlowKernels().uninstall();
  await tf.setBackend("cpu");
  expect(() => installTensorFlowKernels()).toThrow("expected tfjs' backend to be 'tensorflow', got 'cpu'");
  expect(tf.getKernel("Gelu", "tensorflow")).toBeUndefined();
});
