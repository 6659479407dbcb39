import "#gradients";
import { type Checks, check, either, optional, requireOptions, suggestion } from "known-options";
import { startCpu } from "./start-cpu.ts";
import { startWebGl } from "./start-webgl.ts";
import type { BackendChoice, StartedBackend } from "./started-backend.ts";
import { startTensorFlow } from "./tensorflow/start-tensorflow.ts";
import { startWasm } from "./wasm/start-wasm.ts";
import { isFileMap, WASM_FILE_NAMES, type WasmPaths } from "./wasm/wasm-files.ts";
import { registerWebGpu, startWebGpu } from "./webgpu/start-webgpu.ts";

registerWebGpu();

const CHOICES = ["auto", "tensorflow", "webgpu", "wasm", "webgl", "cpu"] as const;

/** Options of {@link startBackend}. */
export interface StartOptions {
  /**
   * Location of the three `.wasm` files of `@tensorflow/tfjs-backend-wasm`: the URL of their folder, with its
   * slash at the end, or the URL of each by its name. Default: where Vite or webpack 5 has put them, if `wasm-kernels`
   * is installed; otherwise what tfjs' `setWasmPaths` was given, or beside the page. Node needs none.
   */
  readonly wasmPaths?: WasmPaths;
}

/** Words for a GPU, of which no backend has the name. */
const GPU = /^(gpu|cuda|vulkan|metal|webgpu-native)$/i;

function hint(choice: string): string {
  return GPU.test(choice)
    ? "; on a GPU: 'webgpu', 'tensorflow' with tfjs-node-gpu, in a page also 'webgl'"
    : suggestion(choice, CHOICES);
}

const CHECKS: Checks<StartOptions> = {
  wasmPaths: optional(
    either(
      check("a string ending in '/'", (value) => typeof value === "string" && value.endsWith("/")),
      check(`an object with the URLs of ${WASM_FILE_NAMES.join(", ")}`, isFileMap),
    ),
  ),
};

/** Hardware that a backend may use: `"any"` includes a GPU emulated on the CPU, for explicit choices and as a last resort. */
type Hardware = "gpu" | "any";

/**
 * The order of `"auto"`. WebAssembly comes before WebGL: it computes in the same 32 bits everywhere, has a kernel for
 * each op of these packages (WebGL runs them as many small ones), and reads without waiting for a queue.
 */
const AUTO: readonly (readonly [StartedBackend["name"], Hardware])[] = [
  ["tensorflow", "gpu"],
  ["webgpu", "gpu"],
  ["wasm", "any"],
  ["webgl", "gpu"],
  ["cpu", "any"],
  ["webgpu", "any"],
  ["webgl", "any"],
];

/**
 * Starts one tfjs backend and makes it the current one, with every gradient of tfjs-core registered.
 *
 * `"auto"` tries, in this order: `tensorflow` with a GPU, `webgpu` on a hardware adapter, `wasm`, `webgl` on a GPU, `cpu`,
 * and where none of these starts `webgpu` and `webgl` on the CPU. The packages behind each are optional peers. Calling it
 * again switches the backend; tensors stay where they were made.
 *
 * @param choice - Default `"auto"`.
 * @returns The backend's name, what runs it and why it was chosen.
 * @throws RangeError if `choice` is none of the six, or an option does not fit. TypeError for an unknown option. Error if
 * the backend's package is missing (the message says what to install) or it does not start here.
 * @see https://www.tensorflow.org/js/guide/platform_environment
 *
 * @example
 * const backend = await startBackend("wasm");
 * console.log(`${backend.name}: ${backend.detail}`);
 */
export async function startBackend(
  choice: BackendChoice = "auto",
  options: StartOptions = {},
): Promise<StartedBackend> {
  if (!CHOICES.includes(choice)) {
    throw new RangeError(
      `startBackend: backend must be one of ${CHOICES.join(", ")}, got '${String(choice)}'${hint(String(choice))}`,
    );
  }
  requireOptions("startBackend", options, CHECKS);
  if (choice !== "auto")
    return { name: choice, detail: await start(choice, "any", options), reason: "as requested" };

  const refused = new Map<string, string>();
  for (const [name, hardware] of AUTO) {
    try {
      const detail = await start(name, hardware, options);
      const reason = refused.size > 0 ? `fastest that starts here; ${listed(refused)}` : "fastest";
      return { name, detail, reason };
    } catch (error) {
      refused.set(name, shortReason(error));
    }
  }
  throw new Error(`startBackend: no backend starts here (${listed(refused)})`);
}

function start(
  name: StartedBackend["name"],
  hardware: Hardware,
  { wasmPaths }: StartOptions,
): Promise<string> {
  switch (name) {
    case "cpu":
      return startCpu();
    case "wasm":
      return startWasm(wasmPaths);
    case "webgl":
      return startWebGl(hardware === "any");
    case "webgpu":
      return startWebGpu(hardware === "any");
    case "tensorflow":
      return startTensorFlow(hardware === "any");
  }
}

function listed(refused: ReadonlyMap<string, string>): string {
  return [...refused].map(([name, reason]) => `${name}: ${reason}`).join("; ");
}

function shortReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.includes("not installed here") ? "not installed" : message.replace(/^startBackend: /, "");
}
