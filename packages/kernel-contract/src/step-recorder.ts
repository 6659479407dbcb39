import type * as tf from "@tensorflow/tfjs-core";

/** A number, or a function that computes it anew for each run of a recorded step. */
export type HostNumber = number | (() => number);

/** A tensor that lasts from step to step, such as a moment of an optimizer; a step may give it new numbers by `replace`. */
export interface LastingTensor {
  /** Name for errors. */
  readonly name: string;
  /** The tensor as it is now; its owner's. */
  tensor(): tf.Tensor;
  /** Takes another tensor over in its place, of the same values, and disposes the one before. */
  replace(tensor: tf.Tensor): void;
}

/**
 * What records a training step, to run it again without JavaScript. Code that computes numbers on the host for each step, or
 * keeps tensors from step to step, tells it so; a step that changes in any other way cannot be recorded.
 */
export interface StepRecorder {
  /** Calls `work` before each run of the step, not now: there it computes the numbers of that run. */
  beforeRun(work: () => void): void;
  /**
   * A scalar, float32, whose number is computed anew for each run, after the work that comes before it. What `now` throws ends the
   * run before anything is computed.
   *
   * @returns A tensor of the step, disposed with its others.
   */
  number(now: () => number): tf.Scalar;
  /**
   * A tensor, float32, of numbers of the host that are the same in every step, such as weights of classes. Others that it makes of
   * different numbers are refused: they may be those of one step.
   *
   * @returns A tensor of the step, disposed with its others.
   */
  constant(values: readonly number[], shape: readonly number[]): tf.Tensor;
  /** Calls `work` after each run was started; not now. */
  afterRun(work: () => void): void;
  /** Declares a tensor that the step reads, and that kernels may overwrite. */
  lasts(tensor: LastingTensor): void;
  /**
   * Whether a kernel may overwrite a tensor's numbers with those that take its place: it is a variable's, and no clone shares
   * them. The caller assigns them to the variable then.
   */
  mayOverwrite(tensor: tf.TensorInfo): boolean;
  /** Runs `make` for good, not as a part of the step: for tensors that are made once. */
  outside<T>(make: () => T): T;
}

let current: StepRecorder | undefined;

/** The recorder of the step that is being recorded, if one is. */
export function stepRecorder(): StepRecorder | undefined {
  return current;
}

/**
 * Runs `step` with a recorder, or with none.
 *
 * @throws Error if a step is already being recorded, which would end in neither.
 */
export function recordedBy<T>(recorder: StepRecorder | undefined, step: () => T): T {
  const outer = current;
  if (recorder !== undefined && outer !== undefined) {
    throw new Error("recordedBy: expected no step to be recorded already, got one within another");
  }
  current = recorder;
  try {
    return step();
  } finally {
    current = outer;
  }
}

/** The number as it is now. */
export function numberNow(value: HostNumber): number {
  return typeof value === "number" ? value : value();
}
