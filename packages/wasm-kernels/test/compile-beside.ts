// Installs the kernels, `alone` or between other compilations on this thread and on another. Run by src/wide/wide.test.ts.
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { startBackend } from "tfjs-backends";
import { installWasmKernels } from "wasm-kernels";
import { base64 } from "../src/modules/relaxed-simd.generated.ts";
import { decode } from "../src/side-module.ts";

/** Compiles a module with much to merge, and runs a part of it until the optimizing compiler has seen it. */
function compileOther(): void {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(decode(base64)), { env: { memory } });
  const gelu = exports.gelu as (x: number, y: number, size: number) => void;
  for (let i = 0; i < 2000; i++) gelu(1 << 20, 2 << 20, 2048);
}

const isAlone = process.argv[2] === "alone";
if (!isMainThread) {
  await startBackend("wasm");
  parentPort!.postMessage(installWasmKernels().bits);
  compileOther();
} else {
  if (!isAlone) compileOther();
  await startBackend("wasm");
  const { bits } = installWasmKernels();
  if (!isAlone) {
    compileOther();
    const execArgv = process.execArgv.filter((flag) => !/wasm/.test(flag)); // V8's hold for the process
    const worker = new Worker(new URL(import.meta.url), { execArgv });
    const theirs = new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    process.stdout.write(`worker: ${await theirs} bits\n`);
    await ended;
  }
  process.stdout.write(`${bits} bits\n`);
}
