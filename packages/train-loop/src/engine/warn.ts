import * as tf from "@tensorflow/tfjs-core";

/** A warning of the process, or in browsers of the console. */
export function warn(message: string): void {
  const { process } = globalThis as { process?: { emitWarning?(message: string): void } };
  if (process?.emitWarning) process.emitWarning(message);
  else tf.backend_util.warn(message);
}
