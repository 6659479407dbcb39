import type * as tf from "@tensorflow/tfjs-core";
import { clone, keep } from "@tensorflow/tfjs-core";
import type { StepInputSpec } from "kernel-contract";
import { type Checks, check, LIST, OBJECT, optional, requireArguments, requireOptions } from "known-options";
import { CapturedStep } from "./captured-step.ts";
import { watchReads } from "./memory/outdated-reads.ts";
import { recordStep } from "./record/recording.ts";
import { requireSame } from "./record/require-same.ts";
import { backendToRecord, flush } from "./recorded-backend.ts";

/** Options of {@link captureStep}. */
export interface CaptureOptions<Name extends string = string> {
  /** Shape and type of each input, by name. */
  readonly inputs: Readonly<Record<Name, StepInputSpec>>;
  /** Tensors beside variables that the step reads and that never change; they stay the caller's. Default: none. */
  readonly reads?: readonly tf.Tensor[];
}

const CHECKS: Checks<CaptureOptions> = { inputs: OBJECT, reads: optional(LIST) };
const STEP = check(
  "a function from tensors by name to tensors by name",
  (value) => typeof value === "function",
);

/**
 * Records a training step, to run it again without JavaScript: as CUDA graphs do for PyTorch.
 *
 * `step` is called twice, and nothing is computed: its dispatches are written down with their buffers. A run then writes the inputs,
 * plays all dispatches in one pass, updates variables, and reads the outputs back. It gives the bits that `step` itself gives.
 *
 * JavaScript in the step runs only while it is recorded. What it reads must be an input, a variable, a moment of an optimizer of
 * tfjs-optim, or listed under `reads`; sample keys are an int32 input, given to the model as a tensor. Those optimizers and `ModelEma`
 * compute rate, step size, decay and count for each run.
 *
 * @param step - Returns tensors by name. Synchronous.
 * @returns The step, which the caller disposes.
 * @throws Error that says what and where, if the step reads any other tensor or reads one back, makes tensors of numbers of the host,
 * keeps a tensor that it made, takes a step of an optimizer that cannot be recorded, or is not the same when it is recorded
 * again. Variables and optimizers are then as they were. TypeError for an unknown option. Error if the current backend is
 * not WebGPU with the kernels of this package, or memory does not suffice.
 * @see https://pytorch.org/blog/accelerating-pytorch-with-cuda-graphs/
 *
 * @example
 * ```ts norun
 * const w = tf.variable(tf.zeros([3]));
 * const optimizer = new AdamW({ learningRate: 0.1 });
 * const step = await captureStep(
 *   ({ x }) => {
 *     const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(tf.sub(w, x!))) as tf.Scalar, [w]);
 *     optimizer.applyGradients(grads);
 *     return { loss: value };
 *   },
 *   { inputs: { x: { shape: [3] } } },
 * );
 * const { loss } = await step.run({ x: Float32Array.of(1, 2, 3) });
 * console.log(loss![0]); // 4.67
 * step.dispose();
 * ```
 */
export async function captureStep<Name extends string>(
  step: (inputs: Readonly<Record<Name, tf.Tensor>>) => Record<string, tf.Tensor>,
  options: CaptureOptions<Name>,
): Promise<CapturedStep> {
  const { inputs, reads = [] } = requireOptions(
    "captureStep",
    options,
    CHECKS as Checks<CaptureOptions<Name>>,
  );
  requireArguments("captureStep", { step }, { step: STEP });
  for (const [name, spec] of Object.entries<StepInputSpec>(inputs)) requireSpec(name, spec);
  const backend = backendToRecord("captureStep");
  watchReads(backend);
  flush(backend);
  const kept = reads.map((tensor) => keep(clone(tensor)));
  try {
    const record = () => recordStep(backend, step as never, inputs, kept);
    const recording = record();
    requireSame(recording, record());
    return await CapturedStep.of(backend, recording, inputs, kept);
  } catch (error) {
    for (const tensor of kept) tensor.dispose();
    throw error;
  }
}

function requireSpec(name: string, spec: StepInputSpec): void {
  const { shape, dtype = "float32" } = (spec ?? {}) as Partial<StepInputSpec>;
  const isShape = Array.isArray(shape) && shape.every((side) => Number.isInteger(side) && side >= 0);
  if (isShape && (dtype === "float32" || dtype === "int32")) return;
  throw new RangeError(
    `captureStep: the input '${name}' must be { shape, dtype: "float32" or "int32" }, got ${JSON.stringify(spec)}`,
  );
}
