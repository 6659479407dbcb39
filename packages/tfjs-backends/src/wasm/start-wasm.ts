import * as tf from "@tensorflow/tfjs-core";
import { IN_NODE } from "../in-node.ts";
import { isMissing, loadError } from "../load-error.ts";
import { quietly } from "../quietly.ts";
import { type WasmPaths, wasmFilesOfBundler } from "./wasm-files.ts";

/**
 * Starts tfjs' WebAssembly backend, with the kernels of `wasm-kernels` where that package is installed.
 *
 * @param paths - Where tfjs' `.wasm` files are. Default: in Node tfjs' own; in a page the bundler's, else those of
 * `setWasmPaths`, else beside the page.
 */
export async function startWasm(paths?: WasmPaths): Promise<string> {
  const backend = await importBackend();
  const forgetListeners = rememberListeners();
  if (tf.engine().registry.wasm === undefined) {
    const found = paths ?? (IN_NODE ? undefined : await wasmFilesOfBundler());
    if (found !== undefined) setPaths(backend, found);
  }
  const isStarted = await quietly(() => tf.setBackend("wasm")); // tfjs would print the reason, without what to do
  forgetListeners();
  if (!isStarted) throw new Error(`startBackend: backend 'wasm' ${whyNot(paths)}`);
  return installKernels();
}

async function importBackend(): Promise<typeof import("@tensorflow/tfjs-backend-wasm")> {
  try {
    return await import("@tensorflow/tfjs-backend-wasm");
  } catch (error) {
    throw loadError("backend 'wasm'", error, ["@tensorflow/tfjs-backend-wasm"]);
  }
}

/** tfjs accepts no other paths after a search for its files has failed. */
function setPaths({ setWasmPaths }: { setWasmPaths(paths: WasmPaths): void }, paths: WasmPaths): void {
  try {
    setWasmPaths(paths);
  } catch (cause) {
    throw new Error(
      `startBackend: backend 'wasm' could not set wasmPaths: ${(cause as Error).message}; after a failed start reload the page`,
      { cause },
    );
  }
}

function whyNot(paths: WasmPaths | undefined): string {
  if (typeof WebAssembly === "undefined") return "expected WebAssembly here, found none";
  if (IN_NODE && paths === undefined) return "expected WebAssembly here, and tfjs could not start it";
  const files = "@tensorflow/tfjs-backend-wasm/dist/*.wasm";
  if (paths !== undefined) return `did not start from wasmPaths: is every file of ${files} there?`;
  return (
    `expected to fetch tfjs' .wasm files, and they are not where it looked (beside the page): Vite and webpack 5 serve them ` +
    `where wasm-kernels is installed; otherwise copy ${files} to where the page can fetch them and say where: ` +
    'startBackend("auto", { wasmPaths: "/wasm/" })'
  );
}

/**
 * tfjs' WASM module rethrows every uncaught error of the process from its own file, whose one line of 60 kB Node then prints.
 * Returns a function that removes the listeners added after this call.
 */
function rememberListeners(): () => void {
  if (!IN_NODE) return () => {};
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = new Map(events.map((event) => [event, new Set<unknown>(process.listeners(event as never))]));
  return () => {
    for (const [event, known] of before) {
      for (const listener of process.listeners(event as never)) {
        if (!known.has(listener)) process.removeListener(event, listener);
      }
    }
  };
}

async function installKernels(): Promise<string> {
  let kernels: typeof import("wasm-kernels");
  try {
    kernels = await import("wasm-kernels");
  } catch (error) {
    if (!isMissing(error, ["wasm-kernels"])) throw loadError("backend 'wasm'", error, ["wasm-kernels"]);
    return "WebAssembly, tfjs' own kernels (install wasm-kernels to train at speed)";
  }
  const { build, bits, why } = kernels.installWasmKernels();
  return `WebAssembly with training kernels (${build}, ${bits} bits${why === undefined ? "" : `: ${why}`})`;
}
