import * as tf from "@tensorflow/tfjs-core";
import { BACKENDS } from "test-kit/backends";
import { describe, expect, test, vi } from "vitest";
import { startBackend } from "./index.ts";

describe.each(BACKENDS)("startBackend('%s')", (name) => {
  test("makes it the current backend, with gradients registered", async () => {
    const started = await startBackend(name);
    expect(started.name).toBe(name);
    expect(started.reason).toBe("as requested");
    expect(tf.getBackend()).toBe(name);
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.div(1, x)))(tf.tensor1d([1, 2]));
    expect([...gradient.dataSync()]).toEqual([-1, -0.25]);
  });

  test("can be called again", async () => {
    await startBackend(name);
    expect((await startBackend(name)).name).toBe(name);
  });
});

test("wasm names the training kernels it installed", async () => {
  expect((await startBackend("wasm")).detail).toMatch(/^WebAssembly with training kernels \(.+\)$/);
});

test("cpu does not print tfjs-node's advertisement", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  await startBackend("cpu");
  tf.tensor1d([1]).dispose();
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

test("auto starts a backend and says what it passed over", async () => {
  const started = await startBackend("auto");
  expect(["tensorflow", "webgpu", "wasm"]).toContain(started.name);
  if (started.name === "wasm") expect(started.reason).toMatch(/tensorflow: .+; webgpu: .+/);
  else expect(started.detail).not.toContain("software");
});

test("refuses an unknown name", async () => {
  await expect(startBackend("cuda" as never)).rejects.toThrow(
    "startBackend: backend must be one of auto, tensorflow, webgpu, wasm, webgl, cpu, got 'cuda'; on a GPU: 'webgpu', 'tensorflow'",
  );
  await expect(startBackend("gpu" as never)).rejects.toThrow("got 'gpu'; on a GPU: 'webgpu', 'tensorflow'");
  await expect(startBackend("wsm" as never)).rejects.toThrow("did you mean 'wasm'?");
});

test.each([
  [
    { wasmPath: "/wasm/" },
    "startBackend: unknown option 'wasmPath'; did you mean 'wasmPaths'?; known: wasmPaths",
  ],
  [
    { wasmPaths: "/wasm" },
    "startBackend: wasmPaths must be a string ending in '/' or an object with the URLs of",
  ],
  [
    { wasmPaths: { "tfjs-backend-wasm.wasm": "/a.wasm" } },
    "startBackend: wasmPaths must be a string ending in '/'",
  ],
])("refuses %j", async (options, message) => {
  await expect(startBackend("cpu", options as never)).rejects.toThrow(message);
});

test.each([["webgl", "startBackend: backend 'webgl' expected a browser, and this is Node"]] as const)(
  "%s does not start in Node, and says why",
  async (name, message) => {
    await expect(startBackend(name)).rejects.toThrow(message);
  },
);
