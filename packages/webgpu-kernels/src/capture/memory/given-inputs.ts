import * as tf from "@tensorflow/tfjs-core";
import type { StepInputSpec, StepInputs } from "kernel-contract";
import { type Buffer, bytesOf, type RecordedBackend } from "../recorded-backend.ts";
import { bufferOf } from "./unshare.ts";

/** Where the numbers of an input come from: the host, or a buffer whose owner keeps it until the run is submitted. */
export type GivenInput =
  | { readonly values: Float32Array | Int32Array | Uint32Array }
  | { readonly buffer: Buffer; readonly bytes: number; readonly free?: () => void };

/**
 * The numbers of an input.
 *
 * @throws RangeError if it is not what the step was recorded with.
 */
export function givenInput(
  backend: RecordedBackend,
  name: string,
  spec: StepInputSpec,
  given: StepInputs[string] | undefined,
): GivenInput {
  const { shape, dtype = "float32" } = spec;
  if (!(given instanceof tf.Tensor)) return { values: inputNumbers(name, spec, given) };
  if (given.dtype !== dtype || String(given.shape) !== String(shape)) {
    throw new RangeError(
      `captureStep: the input '${name}' must be ${dtype} [${shape}], got ${given.dtype} [${given.shape}]`,
    );
  }
  if (given.isDisposed)
    throw new RangeError(`captureStep: the input '${name}' must be a tensor, got one that was disposed`);
  const { values, resource, dtype: storedAs } = backend.tensorMap.get(given.dataId); // moves another backend's here
  if (resource == null && values != null)
    return { values: dtype === "float32" ? Float32Array.from(values) : Int32Array.from(values) };
  if (storedAs === dtype) return { buffer: bufferOf(backend, given), bytes: bytesOf(shape) };
  const stored = tf.mul(given, 1); // a cast leaves integers as they are in memory
  return { buffer: bufferOf(backend, stored), bytes: bytesOf(shape), free: () => stored.dispose() };
}

function inputNumbers(
  name: string,
  { shape, dtype = "float32" }: StepInputSpec,
  given: unknown,
): Float32Array | Int32Array | Uint32Array {
  const size = tf.util.sizeFromShape([...shape]);
  const fits =
    dtype === "float32"
      ? given instanceof Float32Array
      : given instanceof Int32Array || given instanceof Uint32Array;
  if (!fits || (given as Float32Array).length !== size) {
    const type = dtype === "float32" ? "a Float32Array" : "an Int32Array or a Uint32Array";
    const { length } = (given ?? {}) as { length?: unknown };
    const got = length === undefined ? String(given) : `${(given as object).constructor.name} of ${length}`;
    throw new RangeError(`captureStep: the input '${name}' must be ${type} of ${size} numbers, got ${got}`);
  }
  return given as Float32Array;
}
