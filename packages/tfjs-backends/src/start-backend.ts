import "#gradients";
import { startCpu } from "./cpu.ts";
import type { BackendChoice, StartedBackend } from "./started-backend.ts";
import { startTensorFlow } from "./tensorflow.ts";
import { startWasm } from "./wasm.ts";
import { registerWebGpu, startWebGpu } from "./webgpu.ts";

registerWebGpu();

const CHOICES = ["auto", "tensorflow", "webgpu", "wasm", "cpu"] as const;

/** What a backend may run on: a GPU's emulation on the CPU only where it was asked for, or where nothing else starts. */
type Hardware = "gpu" | "any";

/** The order of `"auto"`. */
const AUTO: readonly (readonly [StartedBackend["name"], Hardware])[] = [
  ["tensorflow", "gpu"],
  ["webgpu", "gpu"],
  ["wasm", "any"],
  ["cpu", "any"],
  ["webgpu", "any"],
];

/**
 * Starts one tfjs backend and makes it the current one, with every gradient of tfjs-core registered.
 *
 * `"auto"` tries, in this order: `tensorflow` with a GPU, `webgpu` on a hardware adapter, `wasm`, `cpu`, and where none
 * of these starts `webgpu` on a software adapter. The packages behind each are optional peers. Calling it again switches
 * the backend; tensors stay where they were made.
 *
 * @param choice - Default `"auto"`.
 * @returns The backend's name, what runs it and why it was chosen.
 * @throws RangeError if `choice` is none of the five. Error if the backend's package is missing (the message says what
 * to install) or it does not start here.
 * @see https://www.tensorflow.org/js/guide/platform_environment
 *
 * @example
 * const backend = await startBackend("wasm");
 * console.log(`${backend.name}: ${backend.detail}`);
 */
export async function startBackend(choice: BackendChoice = "auto"): Promise<StartedBackend> {
  if (!CHOICES.includes(choice)) {
    throw new RangeError(
      `startBackend: backend must be one of ${CHOICES.join(", ")}, got '${String(choice)}'`,
    );
  }
  if (choice !== "auto") return { name: choice, detail: await start(choice, "any"), reason: "asked for" };

  const refused: string[] = [];
  for (const [name, hardware] of AUTO) {
    try {
      const detail = await start(name, hardware);
      const reason = refused.length > 0 ? `fastest that starts here; ${refused.join("; ")}` : "fastest";
      return { name, detail, reason };
    } catch (error) {
      refused.push(`${name}: ${shortReason(error)}`);
    }
  }
  throw new Error(`startBackend: no backend starts here (${refused.join("; ")})`);
}

function start(name: StartedBackend["name"], hardware: Hardware): Promise<string> {
  switch (name) {
    case "cpu":
      return startCpu();
    case "wasm":
      return startWasm();
    case "webgpu":
      return startWebGpu(hardware === "any");
    case "tensorflow":
      return startTensorFlow(hardware === "any");
  }
}

function shortReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.includes("not installed here") ? "not installed" : message.replace(/^startBackend: /, "");
}
