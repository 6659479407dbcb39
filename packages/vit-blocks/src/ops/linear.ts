import * as tf from "@tensorflow/tfjs-core";
import { customOp, type Forward, hasKernel, runKernel, withGradient } from "kernel-contract";
import { requireArguments, TENSOR } from "known-options";

/**
 * Computes a dense layer over the last axis: `y = x · kernel + bias`, as one 2-D product for any rank of `x`.
 *
 * (On tfjs' WASM backend only 2-D products are fast, and fused products are correct for 2-D only.) `x` and `kernel` are
 * saved for the backward pass. Runs the kernels `Linear` and `LinearGrad` where the backend has them.
 *
 * @param x - `[..., in]`, float32, rank ≥ 2. Not disposed.
 * @param kernel - `[in, out]`. Not disposed.
 * @param bias - `[out]`. Not disposed. Default: none.
 * @returns `[..., out]`, a new tensor owned by the caller.
 * @throws RangeError if the shapes do not fit.
 *
 * @example
 * console.log(linear(tf.ones([2, 3, 4]), tf.ones([4, 5])).shape); // [2, 3, 5]
 */
export function linear(x: tf.Tensor, kernel: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  requireArguments("linear", { x, kernel }, { x: TENSOR, kernel: TENSOR });
  const [width, outputs = 0] = kernel.shape;
  if (x.rank < 2 || kernel.rank !== 2 || x.shape.at(-1) !== width) {
    throw new RangeError(
      `linear: x [..., in] and kernel [in, out] expected, got [${x.shape}] and [${kernel.shape}]`,
    );
  }
  if (bias !== undefined && (bias.rank !== 1 || bias.shape[0] !== outputs)) {
    throw new RangeError(`linear: bias must be [${outputs}], got [${bias.shape}]`);
  }
  const inputs: Inputs = bias === undefined ? [x, kernel] : [x, kernel, bias];
  return customOp<Inputs>(inputs, hasKernel("Linear", "LinearGrad") ? withKernel : composite);
}

type Inputs = [x: tf.Tensor, kernel: tf.Tensor, bias?: tf.Tensor];

function withKernel(...[x, kernel, bias]: Inputs): Forward {
  return withGradient({
    value: runKernel("Linear", { x, kernel, ...(bias && { bias }) })[0],
    saved: [x, kernel],
    backward: (dy, [v, k]) => runKernel("LinearGrad", { x: v, kernel: k, dy }).slice(0, bias ? 3 : 2),
  });
}

function composite(...[x, kernel, bias]: Inputs): Forward {
  const product = { a: asRows(x), b: kernel as tf.Tensor2D };
  const y = tf.fused.matMul(bias === undefined ? product : { ...product, bias });
  return withGradient({
    value: tf.reshape(y, [...x.shape.slice(0, -1), kernel.shape[1]!]),
    saved: [x, kernel],
    backward: (dy, [v, k]) => {
      const dyRows = asRows(dy);
      const dx = tf.reshape(tf.matMul(dyRows, k as tf.Tensor2D, false, true), v.shape);
      const dKernel = tf.matMul(asRows(v), dyRows, true, false);
      return bias === undefined ? [dx, dKernel] : [dx, dKernel, tf.sum(dyRows, 0)];
    },
  });
}

function asRows(x: tf.Tensor): tf.Tensor2D {
  const width = x.shape.at(-1)!;
  return tf.reshape(x, [x.size / width, width]);
}
