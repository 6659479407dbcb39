import type * as tf from "@tensorflow/tfjs-core";
import type { AttributesOf, InputsOf, KernelName, OutputsOf, TfjsKernels } from "./kernels.ts";
import type { KernelToRegister } from "./register-kernels.ts";
import { requireFloat32 } from "./require-float32.ts";

/** A kernel that computes in a backend's context. Inputs are borrowed; outputs are new. */
export interface Kernel<Context> {
  /** Name of the op. */
  readonly name: string;
  /** The op's gradient, for all backends, where tfjs has none. */
  readonly gradient?: tf.GradConfig;
  /** Runs it. */
  run(context: Context, ...given: Parameters<KernelToRegister["run"]>): tf.TensorInfo | tf.TensorInfo[];
}

/** All outputs in order, or the only one. */
type Result<Outputs> = Readonly<Outputs> | ([tf.TensorInfo] extends Outputs ? tf.TensorInfo : never);

/**
 * A kernel for an op of the contract. Inputs that are not float32 are an error.
 *
 * @param run - Computes the outputs, or the only one.
 */
export function defineKernel<Name extends KernelName, Context>(
  name: Name,
  run: (
    context: Context,
    inputs: InputsOf<Name, tf.TensorInfo>,
    attributes: AttributesOf<Name>,
  ) => Result<OutputsOf<Name, tf.TensorInfo>>,
): Kernel<Context> {
  return {
    name,
    run(context, { inputs, attrs }) {
      if (!Array.isArray(inputs)) requireFloat32(name, inputs as tf.NamedTensorInfoMap);
      return run(context, inputs as never, (attrs ?? {}) as never) as tf.TensorInfo | tf.TensorInfo[];
    },
  };
}

/**
 * A kernel for an op of tfjs that replaces the backend's own, if it has one.
 *
 * @param run - Computes the output. `own` runs the backend's own kernel, on the same inputs unless others are given, and
 * throws if the backend has none.
 * @param gradient - Gradient of the op, for all backends, where tfjs has none.
 */
export function replaceKernel<Name extends keyof TfjsKernels, Context>(
  name: Name,
  run: (
    context: Context,
    inputs: InputsOf<Name, tf.TensorInfo>,
    attributes: AttributesOf<Name>,
    own: (inputs?: InputsOf<Name, tf.TensorInfo>) => tf.TensorInfo,
  ) => tf.TensorInfo,
  gradient?: tf.GradConfig,
): Kernel<Context> {
  return {
    name,
    ...(gradient && { gradient }),
    run: (context, { inputs, attrs }, own) =>
      run(context, inputs as never, (attrs ?? {}) as never, own as never),
  };
}
