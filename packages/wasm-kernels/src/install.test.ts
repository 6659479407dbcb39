import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { afterEach, beforeAll, expect, test } from "vitest";
import { installWasmKernels } from "./install.ts";
import { sha256, base64 as simd } from "./modules/simd.generated.ts";
import { withSharedMemory } from "./side-module.ts";

beforeAll(async () => {
  await startBackend("cpu");
  await startBackend("wasm");
});
afterEach(() => tf.setBackend("wasm"));

test("installs once and puts tfjs back as it was", () => {
  installWasmKernels().uninstall();
  const stock = tf.getKernel("BatchMatMul", "wasm");
  expect(tf.getKernel("UnsortedSegmentSum", "wasm")).toBeUndefined();
  const installed = installWasmKernels();
  expect(installWasmKernels()).toBe(installed);
  expect(["simd", "relaxed-simd"]).toContain(installed.build);
  expect(installed.replaced).toContain("BatchMatMul");
  expect(installed.added).toContain("UnsortedSegmentSum");
  expect(tf.getKernel("BatchMatMul", "wasm")).not.toBe(stock);
  installed.uninstall();
  installed.uninstall();
  expect(tf.getKernel("BatchMatMul", "wasm")).toBe(stock);
  expect(tf.getKernel("UnsortedSegmentSum", "wasm")).toBeUndefined();
});

test("refuses another backend and leaves tfjs alone", async () => {
  await tf.setBackend("cpu");
  expect(() => installWasmKernels()).toThrow("expected tfjs' backend to be 'wasm', got 'cpu'");
  expect(tf.getKernel("UnsortedSegmentSum", "wasm")).toBeUndefined();
});

test("the committed module has the recorded SHA-256 and links to shared memory too", async () => {
  const bytes = Uint8Array.from(atob(simd), (c) => c.charCodeAt(0));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  expect([...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")).toBe(sha256);
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536, shared: true });
  expect(
    () => new WebAssembly.Instance(new WebAssembly.Module(withSharedMemory(bytes)), { env: { memory } }),
  ).not.toThrow();
});
