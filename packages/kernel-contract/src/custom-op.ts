import * as tf from "@tensorflow/tfjs-core";

/** A list of tensors, the last ones optional. */
type Tensors = readonly (tf.Tensor | undefined)[];

/** Result of an op's forward half. */
export interface Forward<Saved extends Tensors = tf.Tensor[]> {
  /** The result. */
  readonly value: tf.Tensor;
  /** Tensors for the backward half: inputs and small statistics. */
  readonly saved: readonly [...Saved];
  /** Computes one gradient per input from the result's gradient and the saved tensors. */
  backward(dy: tf.Tensor, saved: Saved): tf.Tensor[];
}

/** The forward half of an op, its saved tensors typed one by one. */
export function withGradient<Saved extends Tensors>(forward: Forward<Saved>): Forward {
  return forward as unknown as Forward; // customOp gives back as many as were saved
}

/**
 * An op with a gradient of its own: tfjs' `customGrad`, typed. Only `saved` stays on the tape, no intermediate result does.
 */
export function customOp<Inputs extends Tensors>(
  inputs: readonly [...Inputs],
  forward: (...inputs: Inputs) => Forward,
): tf.Tensor {
  const op = tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc; // tfjs passes it after the inputs
    const { value, saved, backward } = forward(...(args as unknown as Inputs));
    save([...saved]);
    return { value, gradFunc: (dy, kept) => backward(dy, kept) };
  });
  return op(...(inputs as unknown as tf.Tensor[]));
}
