import * as tf from "@tensorflow/tfjs-core";
import { IN_NODE } from "../in-node.ts";
import { isMissing, loadError } from "../load-error.ts";
import { quietly } from "../quietly.ts";
import { tensorFlowAdvice } from "./tensorflow-advice.ts";

const GPU = "@tensorflow/tfjs-node-gpu";
const CPU = "@tensorflow/tfjs-node";

/** The parts of tfjs-node's backend that are read here. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

/**
 * Starts TensorFlow's native backend: `tfjs-node-gpu` where it is installed, else `tfjs-node`, with the kernels of
 * `tensorflow-kernels` where that package is installed.
 *
 * @param allowCpu - `false` refuses TensorFlow without a GPU.
 * @returns TensorFlow's version, the package, the device, and whose kernels run there.
 */
export async function startTensorFlow(allowCpu: boolean): Promise<string> {
  if (!IN_NODE) throw new Error("startBackend: backend 'tensorflow' expected Node, and this is a browser");
  restoreUtilFunctions();
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "1"; // TensorFlow's warnings and errors, not its notes
  const loaded = await loadBinding(allowCpu ? [GPU, CPU] : [GPU]);
  if (!(await tf.setBackend("tensorflow"))) {
    throw new Error(`startBackend: backend 'tensorflow' of ${loaded} did not start`);
  }
  const { isUsingGpuDevice, binding } = tf.backend() as unknown as NodeBackend;
  if (!isUsingGpuDevice && !allowCpu) {
    throw new Error(
      `startBackend: backend 'tensorflow' expected a GPU, and ${loaded} found none (are NVIDIA's driver and the CUDA ` +
        "libraries here? npx tfjs-backends install-tensorflow --gpu brings the libraries)",
    );
  }
  const device = isUsingGpuDevice ? "GPU" : "CPU";
  return `TensorFlow ${binding.TF_Version} through ${loaded}, on the ${device}, ${await installKernels()}`;
}

async function installKernels(): Promise<string> {
  let kernels: typeof import("tensorflow-kernels");
  try {
    kernels = await import("tensorflow-kernels");
  } catch (error) {
    if (!isMissing(error, ["tensorflow-kernels"]))
      throw loadError("backend 'tensorflow'", error, ["tensorflow-kernels"]);
    return "tfjs' own kernels (install tensorflow-kernels to train faster)";
  }
  kernels.installTensorFlowKernels();
  return "with training kernels";
}

/** @returns The first of these packages that loads; one that is installed and does not is not passed over in silence. */
async function loadBinding(packages: readonly string[]): Promise<string> {
  for (const name of packages) {
    try {
      // Native code: a name that bundlers leave alone.
      await quietly(() => import(/* @vite-ignore */ /* webpackIgnore: true */ name));
      return name;
    } catch (error) {
      const advice = tensorFlowAdvice(name, loadError("backend 'tensorflow'", error, [name]));
      if (advice !== "not installed") throw new Error(advice, { cause: error });
    }
  }
  const [first] = [...packages].reverse(); // the one for the CPU, where that would do
  throw new Error(
    `startBackend: backend 'tensorflow' needs ${packages.join(" or ")}, not installed here: ` +
      `npm install --ignore-scripts ${first} && npx tfjs-backends install-tensorflow${first === GPU ? " --gpu" : ""}`,
  );
}

/** tfjs-node 4.22 calls two `util` functions that Node 23 removed (tfjs issue 8609). */
function restoreUtilFunctions(): void {
  const util = process.getBuiltinModule("node:util") as unknown as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
