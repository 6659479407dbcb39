import { requireType } from "known-options";

/** Throws a TypeError unless the values of `allreduce` are a Float32Array. */
export function requireSummands(values: Float32Array): void {
  requireType("allreduce", "values", values, Float32Array);
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
