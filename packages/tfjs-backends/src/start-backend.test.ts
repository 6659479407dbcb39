import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test, vi } from "vitest";
import { importOptional } from "./import-optional.ts";
import { startBackend } from "./index.ts";

describe.each(["cpu", "wasm"] as const)("startBackend('%s')", (name) => {
  test("makes it the current backend, with gradients registered", async () => {
    const started = await startBackend(name);
    expect(started.name).toBe(name);
    expect(started.reason).toBe("asked for");
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
    "startBackend: backend must be one of auto, tensorflow, webgpu, wasm, cpu, got 'cuda'",
  );
});

describe("importOptional", () => {
  test("says what to install when the package is absent", async () => {
    const absent = "@no-such-scope/no-such-package";
    const load = () => import(/* @vite-ignore */ absent);
    await expect(importOptional("backend 'x'", load, [absent])).rejects.toThrow(
      `startBackend: backend 'x' needs ${absent}, not installed here: npm install ${absent}`,
    );
  });

  test("knows what Vite puts in the place of an absent package", async () => {
    const load = () => Promise.reject(new Error('Could not resolve "pkg" imported by "tfjs-backends".'));
    await expect(importOptional("backend 'x'", load, ["pkg"])).rejects.toThrow(
      "needs pkg, not installed here",
    );
  });

  test("does not call a package missing that is there and fails", async () => {
    const load = () => Promise.reject(new Error("libcuda.so.1: cannot open shared object file"));
    await expect(importOptional("backend 'x'", load, ["pkg"])).rejects.toThrow(
      "startBackend: backend 'x' could not load pkg: libcuda.so.1: cannot open shared object file",
    );
  });
});
