import { requireType } from "known-options";
import type { Compression } from "./communicator.ts";

/** Throws a TypeError unless the values of `allreduce` are a Float32Array. */
export function requireSummands(values: Float32Array): void {
  requireType("allreduce", "values", values, Float32Array);
}

/** Whether long sums of `allreduce` are compressed. Throws a RangeError for a compression that there is not. */
export function isCompressing(compression: Compression): boolean {
  if (compression === "bf16") return true;
  if (compression === "none") return false;
  throw new RangeError(`allreduce: compression must be one of none, bf16, got ${compression}`);
}

/** Throws unless the values of `broadcast` are a typed array and its root is a rank. */
export function requireBroadcast(values: ArrayBufferView, root: number, size: number): void {
  if (!ArrayBuffer.isView(values)) {
    throw new TypeError(
      `broadcast: values must be a typed array, got ${values === null ? "null" : typeof values}`,
    );
  }
  if (!(Number.isInteger(root) && root >= 0 && root < size)) {
    throw new RangeError(`broadcast: root must be a rank in [0, ${size}), got ${root}`);
  }
}

/** Error of a member that is called after `close()`. */
export function closedError(member: string, cause?: unknown): Error {
  return new Error(`${member}: the communicator is closed`, cause === undefined ? {} : { cause });
}
