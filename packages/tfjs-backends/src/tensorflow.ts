import * as tf from "@tensorflow/tfjs-core";
import { importOptional } from "./import-optional.ts";

/** Starts TensorFlow's native backend: `tfjs-node-gpu` where it is installed, else `tfjs-node`. */
export async function startTensorFlow(): Promise<string> {
  restoreUtilFunctions();
  const GPU = "@tensorflow/tfjs-node-gpu";
  const CPU = "@tensorflow/tfjs-node";
  let loaded = GPU;
  try {
    await import(/* @vite-ignore */ GPU);
  } catch (gpuError) {
    loaded = CPU;
    await importOptional("backend 'tensorflow'", () => import(/* @vite-ignore */ CPU), [CPU]).catch(
      (cause) => {
        // An installed GPU build that does not load is the more telling failure.
        const isGpuInstalled = !/Cannot find (package|module) '@tensorflow/.test(String(gpuError));
        throw isGpuInstalled
          ? new Error(`startBackend: ${GPU} did not load: ${String(gpuError)}`, { cause })
          : cause;
      },
    );
  }
  if (!(await tf.setBackend("tensorflow"))) {
    throw new Error(`startBackend: backend 'tensorflow' of ${loaded} did not start`);
  }
  return `TensorFlow through ${loaded}`;
}

/** tfjs-node 4.22 calls two `util` functions that Node 23 removed (tfjs issue 8609). */
function restoreUtilFunctions(): void {
  const util = process.getBuiltinModule("node:util") as unknown as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
