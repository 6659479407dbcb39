import * as tf from "@tensorflow/tfjs-core";

/** Shape and type of an input of a step. */
export interface StepInputSpec {
  readonly shape: readonly number[];
  /** Default `"float32"`. */
  readonly dtype?: "float32" | "int32";
}

/** A step's inputs by name: numbers of the host, for int32 also the bits of uint32, or tensors of the backend, which stay the caller's. */
export type StepInputs = Readonly<Record<string, Float32Array | Int32Array | Uint32Array | tf.Tensor>>;

/** Numbers of a step's outputs by name. */
export type StepOutputs = Readonly<Record<string, Float32Array | Int32Array>>;

/** A step that was captured, ready to run. */
export interface RunnableStep {
  /** Runs it; everything is handed over before this returns. Resolves to the outputs, read back. */
  run(inputs: StepInputs): Promise<StepOutputs>;
  /** Runs it; the outputs are new tensors on the backend, owned by the caller. */
  runToTensors(inputs: StepInputs): Record<string, tf.Tensor>;
  /** Whether it cannot run any more, since a variable has left its memory for another backend. Default false. */
  readonly isOutdated?: boolean;
  /** Frees its memory; variables stay. */
  dispose(): void;
}

/**
 * Captures a synchronous function of tensors to run it again without JavaScript.
 *
 * @throws Error that says what cannot be captured.
 */
export interface StepCapture {
  (
    step: (inputs: Readonly<Record<string, tf.Tensor>>) => Record<string, tf.Tensor>,
    options: { readonly inputs: Readonly<Record<string, StepInputSpec>> },
  ): Promise<RunnableStep>;
  /** What a step that is captured now is computed with, such as the precision: it keeps that. Default: it is always the same. */
  readonly setting?: () => string;
}

const captures = new Map<string, StepCapture>();

/**
 * Registers what captures steps on a backend, in place of what did before.
 *
 * @returns A function that removes it. Further calls do nothing.
 */
export function registerStepCapture(backendName: string, capture: StepCapture): () => void {
  captures.set(backendName, capture);
  return () => {
    if (captures.get(backendName) === capture) captures.delete(backendName);
  };
}

/** What captures steps on the current backend, if anything does. */
export function stepCapture(): StepCapture | undefined {
  return captures.get(tf.getBackend());
}
