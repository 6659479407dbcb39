import * as tf from "@tensorflow/tfjs-core";
import { hasKernel, runKernel } from "kernel-op";

/** What happens to a step's gradients before the optimizer gets them. */
export interface GradientTransform {
  /** Says what it does and with which numbers: a resumed run must have the same. */
  readonly name: string;
  /**
   * @param gradients - By variable name; not disposed.
   * @returns New tensors under the same names, owned by the caller.
   */
  apply(gradients: tf.NamedTensorMap): tf.NamedTensorMap;
}

/**
 * Transforms one after the other, the first one first.
 *
 * @example
 * const transform = chainTransforms(clipByGlobalNorm(5), clipByGlobalNorm(1));
 * console.log(transform.name); // clipByGlobalNorm(5), clipByGlobalNorm(1)
 */
export function chainTransforms(...transforms: readonly GradientTransform[]): GradientTransform {
  return {
    name: transforms.map(({ name }) => name).join(", "),
    apply: (gradients) =>
      tf.tidy(() => transforms.reduce((all, transform) => transform.apply(all), copyOf(gradients))),
  };
}

/**
 * Scales all gradients together so that their norm is at most `maxNorm`: each is multiplied by
 * `min(1, maxNorm / (norm + 1e-6))`, where `norm` is {@link globalNorm}.
 *
 * @throws RangeError if `maxNorm` is not above 0.
 * @see PyTorch's `clip_grad_norm_`; Pascanu et al. 2013, https://arxiv.org/abs/1211.5063
 *
 * @example
 * const gradients = { w: tf.tensor1d([3, 4]) };
 * console.log(clipByGlobalNorm(1).apply(gradients).w.dataSync()); // [0.6, 0.8], nearly
 */
export function clipByGlobalNorm(maxNorm: number): GradientTransform {
  if (!(maxNorm > 0)) throw new RangeError(`clipByGlobalNorm: maxNorm must be above 0, got ${maxNorm}`);
  return {
    name: `clipByGlobalNorm(${maxNorm})`,
    apply: (gradients) =>
      tf.tidy(() => {
        const scale = tf.minimum(1, tf.div(maxNorm, tf.add(globalNorm(gradients), 1e-6)));
        return Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, tf.mul(g, scale)]));
      }),
  };
}

/**
 * The Euclidean norm of all gradients taken as one vector.
 *
 * @returns A scalar owned by the caller.
 *
 * @example
 * console.log(globalNorm({ a: tf.tensor1d([3]), b: tf.tensor1d([4]) }).dataSync()[0]); // 5
 */
export function globalNorm(gradients: tf.NamedTensorMap): tf.Scalar {
  return tf.tidy(() => tf.sqrt(tf.sum(squaredNorms(Object.values(gradients)))) as tf.Scalar);
}

/**
 * The squared Euclidean norm of each tensor, `[tensors]`; owned by the caller. Runs the kernel `SquaredNorms` where the
 * backend has it.
 */
export function squaredNorms(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  if (tensors.length > 0 && hasKernel("SquaredNorms")) {
    return runKernel("SquaredNorms", tensors)[0] as tf.Tensor1D; // one number each
  }
  return tf.tidy(() => {
    if (tensors.length === 0) return tf.tensor1d([], "float32");
    return tf.stack(tensors.map((x) => tf.sum(tf.square(x)))) as tf.Tensor1D;
  });
}

function copyOf(gradients: tf.NamedTensorMap): tf.NamedTensorMap {
  return Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, tf.clone(g)]));
}
