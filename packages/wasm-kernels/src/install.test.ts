import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { afterEach, beforeAll, expect, test } from "vitest";
import { installWasmKernels } from "./install.ts";
import { base64 as probe, sha256 as probeSha256 } from "./modules/probe.generated.ts";
import { base64 as relaxedSimd, sha256 as relaxedSimdSha256 } from "./modules/relaxed-simd.generated.ts";
import { base64 as simd, sha256 as simdSha256 } from "./modules/simd.generated.ts";
import { base64 as wide, sha256 as wideSha256 } from "./modules/wide.generated.ts";
import { withSharedMemory } from "./side-module.ts";

beforeAll(async () => {
  await startBackend("cpu");
  await startBackend("wasm");
});
afterEach(() => tf.setBackend("wasm"));

test("installs once and puts tfjs back as it was", () => {
  installWasmKernels().uninstall();
  const own = tf.getKernel("BatchMatMul", "wasm");
  expect(tf.getKernel("UnsortedSegmentSum", "wasm")).toBeUndefined();
  const installed = installWasmKernels();
  expect(installWasmKernels()).toBe(installed);
  expect(["simd", "relaxed-simd"]).toContain(installed.build);
  expect(installed.replaced).toContain("BatchMatMul");
  expect(installed.added).toContain("UnsortedSegmentSum");
  expect(tf.getKernel("BatchMatMul", "wasm")).not.toBe(own);
  installed.uninstall();
  installed.uninstall();
  expect(tf.getKernel("BatchMatMul", "wasm")).toBe(own);
  expect(tf.getKernel("UnsortedSegmentSum", "wasm")).toBeUndefined();
});

test("refuses another backend and leaves tfjs alone", async () => {
  await tf.setBackend("cpu");
  expect(() => installWasmKernels()).toThrow("expected tfjs' backend to be 'wasm', got 'cpu'");
  expect(tf.getKernel("UnsortedSegmentSum", "wasm")).toBeUndefined();
});

test.each([
  ["simd", simd, simdSha256],
  ["relaxed-simd", relaxedSimd, relaxedSimdSha256],
  ["wide", wide, wideSha256],
  ["probe", probe, probeSha256],
])("the committed module %s has the recorded SHA-256", async (_, base64, sha256) => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", decoded(base64)));
  expect([...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")).toBe(sha256);
});

test("the module links to shared memory too", () => {
  const bytes = decoded(simd);
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536, shared: true });
  expect(
    () => new WebAssembly.Instance(new WebAssembly.Module(withSharedMemory(bytes)), { env: { memory } }),
  ).not.toThrow();
});

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

test.each([
  [{ builds: "simd" }, "installWasmKernels: unknown option 'builds'; did you mean 'build'?"],
  [{ build: "avx" }, 'installWasmKernels: build must be "simd" or "relaxed-simd", got \'avx\''],
])("refuses %j", (options, message) => {
  expect(() => installWasmKernels(options as never)).toThrow(message);
});
