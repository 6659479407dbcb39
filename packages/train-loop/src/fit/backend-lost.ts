import * as tf from "@tensorflow/tfjs-core";

/** Time to wait after an error for the report of a lost GPU device. */
const GRACE_MS = 200;
/** TensorFlow's codes of a lost device or process: aborted, internal, unavailable. */
const TENSORFLOW_STATUS = /Invalid TF_Status: (10|13|14)\b/;

/** The backend was lost. A run with checkpoints can be resumed in a new process or page. */
export class BackendLostError extends Error {
  override readonly name = "BackendLostError";
}

/**
 * The reason why the current backend was lost, after an error; `undefined` if it was not, as far as is known.
 *
 * - `webgpu`: its device says so, whatever the error. `webgl`: so does its context.
 * - `wasm`: a trap ("memory access out of bounds", "unreachable", …). What it had begun to write is in no known state.
 * - `tensorflow`: by the status in the error.
 *
 * @see https://www.w3.org/TR/webgpu/#dom-gpudevice-lost
 */
async function backendLoss(error: unknown): Promise<string | undefined> {
  const name = tf.getBackend();
  const message = error instanceof Error ? error.message : String(error);
  const backend = tf.backend() as {
    readonly device?: { readonly lost: Promise<{ reason: string; message: string }> };
    readonly gpgpu?: { readonly gl?: { isContextLost(): boolean } };
  };
  if (name === "webgpu" && backend.device !== undefined) {
    const patience = new Promise<undefined>((resolve) => setTimeout(resolve, GRACE_MS, undefined));
    const lost = await Promise.race([backend.device.lost, patience]);
    return lost && `${lost.reason}: ${lost.message || message}`;
  }
  if (name === "webgl") return backend.gpgpu?.gl?.isContextLost() ? `context lost: ${message}` : undefined;
  if (name === "wasm") return error instanceof WebAssembly.RuntimeError ? message : undefined;
  if (name === "tensorflow") return TENSORFLOW_STATUS.test(message) ? message : undefined;
  return undefined;
}

/**
 * Replaces the error of a lost backend by a {@link BackendLostError} that says how to resume; returns any other error unchanged.
 *
 * @param place - Counted from 0; from 1 in the message.
 * @param lastCheckpoint - Its name, if there is one.
 */
export async function explainLostBackend(
  error: unknown,
  { epoch, batch }: { readonly epoch: number; readonly batch: number },
  lastCheckpoint: string | undefined,
): Promise<unknown> {
  if (error instanceof BackendLostError) return error;
  const reason = await backendLoss(error);
  if (reason === undefined) return error;
  const last =
    lastCheckpoint === undefined
      ? "no checkpoint was saved"
      : `the last checkpoint is '${lastCheckpoint}'; to resume, call fit with checkpoint.resume: true in a new process or page`;
  const what = `fit: the backend '${tf.getBackend()}' was lost (${reason})`;
  return new BackendLostError(`${what} in epoch ${epoch + 1}, batch ${batch + 1}; ${last}`, { cause: error });
}
