import * as tf from "@tensorflow/tfjs-core";

/** Tensors in a row, of which the last may be left out. */
type Tensors = readonly (tf.Tensor | undefined)[];

/** What the forward half of {@link customOp} gives. */
export interface Forward<Saved extends Tensors = tf.Tensor[]> {
  /** The result. */
  readonly value: tf.Tensor;
  /** What the backward half needs: inputs and small statistics. */
  readonly saved: readonly [...Saved];
  /** From the result's gradient and the saved tensors to one gradient per input. */
  backward(dy: tf.Tensor, saved: Saved): tf.Tensor[];
}

/** The forward half of an op, its saved tensors typed one by one. */
export function withGradient<Saved extends Tensors>(forward: Forward<Saved>): Forward {
  return forward as unknown as Forward; // customOp gives back as many as were saved
}

/**
 * An op with a gradient of its own: only `saved` stays on the tape, whatever the forward half makes on its way.
 * (tfjs' `customGrad`, typed.)
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
