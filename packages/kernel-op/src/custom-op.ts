import * as tf from "@tensorflow/tfjs-core";

/** What the forward half of {@link customOp} gives. */
export interface Forward {
  /** The result. */
  readonly value: tf.Tensor;
  /** What the backward half needs: inputs and small statistics. */
  readonly saved: readonly tf.Tensor[];
  /** From the result's gradient and the saved tensors to one gradient per input. */
  readonly backward: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[];
}

/**
 * An op with a gradient of its own: only `saved` stays on the tape, whatever the forward half makes on its way.
 * (tfjs' `customGrad`, typed.)
 */
export function customOp(inputs: tf.Tensor[], forward: (...inputs: tf.Tensor[]) => Forward): tf.Tensor {
  const op = tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc; // tfjs passes it after the inputs
    const { value, saved, backward } = forward(...(args as tf.Tensor[]));
    save([...saved]);
    return { value, gradFunc: (dy, kept) => backward(dy, kept) };
  });
  return op(...inputs);
}
