// Installs the kernels on five worker threads at once, and never on the main thread. Run by src/wide/wide.test.ts.
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { startBackend } from "tfjs-backends";
import { installWasmKernels } from "wasm-kernels";

if (isMainThread) {
  const execArgv = process.execArgv.filter((flag) => !/wasm/.test(flag)); // V8's hold for the process
  for (let i = 0; i < 5; i++) {
    new Worker(new URL(import.meta.url), { execArgv }).on("message", (line) =>
      process.stdout.write(`${line}\n`),
    );
  }
} else {
  await startBackend("wasm");
  const { bits, why } = installWasmKernels();
  parentPort!.postMessage(`${bits} bits: ${why}`);
}
