import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { largestMixedError, noise, outputsOfSync } from "test-kit";
import { startBackend } from "tfjs-backends";
import { expect, test, vi } from "vitest";
import { memoryOf, type WasmBackend } from "./host.ts";
import { installWasmKernels } from "./install.ts";

interface ThreadedModule {
  readonly PThread: { terminateAllThreads(): void };
  cwrap(name: string, returns: string | null, args: string[]): (...args: number[]) => number;
  tfjs?: { getThreadsCount(): number };
}

/**
 * tfjs' threaded build, which it starts by itself in browsers alone, here on the threads of Node. It makes no more than
 * one for every two cores.
 */
async function startThreaded(threads: number): Promise<ThreadedModule> {
  const require = createRequire(import.meta.url);
  const os: typeof import("node:os") = require("node:os");
  const [core] = os.cpus();
  vi.spyOn(os, "cpus").mockReturnValue(new Array(2 * threads).fill(core));
  const backendPackage = require.resolve("@tensorflow/tfjs-backend-wasm/package.json");
  const folder = join(dirname(backendPackage), "wasm-out");
  const name = "tfjs-backend-wasm-threaded-simd";
  const temporary = mkdtempSync(join(tmpdir(), "threaded-"));
  const worker = join(temporary, "worker.js");
  // The package has the worker's program as a string, its escapes already resolved.
  const { wasmWorkerContents } = require(`${folder}/${name}.worker.js`) as { wasmWorkerContents: string };
  writeFileSync(worker, wasmWorkerContents.replaceAll("\n", "\\n"));
  const factory = require(`${folder}/${name}.js`) as (options: object) => Promise<ThreadedModule>;
  const module = await factory({
    locateFile: (file: string) => (file.endsWith(".worker.js") ? worker : join(folder, file)),
    mainScriptUrlOrBlob: join(folder, `${name}.js`),
  });
  rmSync(temporary, { recursive: true });
  const tfjs = {
    initWithThreadsCount: () => module.cwrap("init_with_threads_count", null, ["number"])(threads),
    getThreadsCount: module.cwrap("get_threads_count", "number", []),
    registerTensor: module.cwrap("register_tensor", null, ["number", "number", "number"]),
    disposeData: module.cwrap("dispose_data", null, ["number"]),
    dispose: module.cwrap("dispose", null, []),
  };
  module.tfjs = tfjs;
  return module;
}

test("the kernels work in the shared memory of tfjs' threaded build, before and after it grows", async () => {
  await startBackend("cpu");
  const { BackendWasm } = await import("@tensorflow/tfjs-backend-wasm");
  const module = await startThreaded(2);
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", () => new BackendWasm(module as never));
  await tf.setBackend("wasm");
  installWasmKernels();
  expect(module.tfjs!.getThreadsCount()).toBe(2);
  expect(memoryOf(tf.backend() as WasmBackend).buffer).toBeInstanceOf(SharedArrayBuffer);

  const compute = () => {
    const x = tf.tensor2d(noise(60 * 50, 1), [60, 50]);
    const product = tf.matMul(x, x, true).dataSync();
    const softmax = tf.softmax(x).dataSync(); // tfjs' own, on its threads
    const batch = { targets: tf.fill([60, 50], 0.02), logits: x, dy: tf.ones([60]) };
    const [slope] = outputsOfSync("SoftmaxCrossEntropyGrad", batch);
    const scaled = slope!.map((value) => value + 0.02);
    expect(largestMixedError(scaled, softmax)).toBeLessThan(1e-6);
    return product;
  };
  const before = compute();
  const big = tf.zeros([32 * 1024 * 1024]);
  expect(largestMixedError(compute(), before)).toBe(0);
  big.dispose();

  await tf.setBackend("cpu");
  const y = tf.tensor2d(noise(60 * 50, 1), [60, 50]);
  expect(largestMixedError(before, tf.matMul(y, y, true).dataSync())).toBeLessThan(1e-5); // sums of 60 products
  module.PThread.terminateAllThreads();
});
