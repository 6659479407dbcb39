import * as tf from "@tensorflow/tfjs-core";
import { customOp, hasKernel, runKernel } from "kernel-contract";
import { type Check, check, LIST, OBJECT, POSITIVE, requireArguments } from "known-options";

/** Transform of a step's gradients before the optimizer. */
export interface GradientTransform {
  /** Name with its parameters, which must be equal on resume. */
  readonly name: string;
  /**
   * Whether `apply` computes from the gradients alone, on the backend: a step that is recorded repeats all else. Default false: the step
   * is not recorded.
   */
  readonly isRecordable?: boolean;
  /**
   * @param gradients - By variable name; not disposed.
   * @returns New tensors under the same names, owned by the caller.
   */
  apply(gradients: tf.NamedTensorMap): tf.NamedTensorMap;
}

/** Check of a {@link GradientTransform}. */
const TRANSFORM: Check = check("a GradientTransform { name, apply }", (value) => {
  const { name, apply } = (value ?? {}) as Partial<GradientTransform>;
  return typeof name === "string" && typeof apply === "function";
});

/**
 * Transforms one after the other, the first one first.
 *
 * @throws RangeError if one is not a {@link GradientTransform}.
 *
 * @example
 * const transform = chainTransforms(clipByGlobalNorm(5), clipByGlobalNorm(1));
 * console.log(transform.name); // clipByGlobalNorm(5), clipByGlobalNorm(1)
 */
export function chainTransforms(...transforms: readonly GradientTransform[]): GradientTransform {
  const wrong = transforms.findIndex((transform) => !TRANSFORM.fits(transform));
  if (wrong >= 0) {
    throw new RangeError(
      `chainTransforms: transform ${wrong + 1} must be ${TRANSFORM.expected}, got ${transforms[wrong]}`,
    );
  }
  return {
    name: transforms.map(({ name }) => name).join(", "),
    isRecordable: transforms.every(({ isRecordable }) => isRecordable === true),
    apply: (gradients) =>
      tf.tidy(() => transforms.reduce((all, transform) => transform.apply(all), copyOf(gradients))),
  };
}

/**
 * Scales all gradients together so that their norm is at most `maxNorm`: each is multiplied by
 * `min(1, maxNorm / (norm + 1e-6))`, where `norm` is {@link globalNorm}.
 *
 * @throws RangeError if `maxNorm` is not a finite number above 0.
 * @see PyTorch's `clip_grad_norm_`; Pascanu et al. 2013, https://arxiv.org/abs/1211.5063
 *
 * @example
 * const gradients = { w: tf.tensor1d([3, 4]) };
 * console.log(clipByGlobalNorm(1).apply(gradients).w.dataSync()); // [0.6, 0.8], nearly
 */
export function clipByGlobalNorm(maxNorm: number): GradientTransform {
  if (!POSITIVE.fits(maxNorm)) {
    throw new RangeError(`clipByGlobalNorm: maxNorm must be ${POSITIVE.expected}, got ${maxNorm}`);
  }
  return {
    name: `clipByGlobalNorm(${maxNorm})`,
    isRecordable: true,
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
  requireArguments("globalNorm", { gradients }, { gradients: OBJECT });
  return tf.tidy(() => tf.sqrt(pairwiseSum(squaredNorms(Object.values(gradients)))) as tf.Scalar);
}

/**
 * The squared Euclidean norm of each tensor, `[tensors]`; owned by the caller. Runs the kernel `SquaredNorms` where the
 * backend has it.
 */
export function squaredNorms(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  requireArguments("squaredNorms", { tensors }, { tensors: LIST });
  if (tensors.length > 0 && hasKernel("SquaredNorms")) return fusedNorms(tensors);
  return tf.tidy(() => {
    if (tensors.length === 0) return tf.tensor1d([], "float32");
    return tf.stack(tensors.map((x) => pairwiseSum(tf.reshape(tf.square(x), [x.size])))) as tf.Tensor1D;
  });
}

/** Numbers added one after the other: few, so that float32 keeps their digits. */
const RUN = 128;

/** A sum of sums of {@link RUN} numbers: tfjs' WASM backend adds in plain float32, 3e-2 off at 40 million numbers. */
function pairwiseSum(x: tf.Tensor1D): tf.Tensor {
  if (x.size <= RUN) return tf.sum(x);
  const whole = x.size - (x.size % RUN);
  const sums = tf.sum(tf.reshape(tf.slice(x, [0], [whole]), [whole / RUN, RUN]), 1) as tf.Tensor1D;
  return pairwiseSum(tf.concat([sums, tf.slice(x, [whole])]));
}

function copyOf(gradients: tf.NamedTensorMap): tf.NamedTensorMap {
  return Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, tf.clone(g)]));
}

function fusedNorms(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return customOp(tensors, (...inputs) => ({
    value: runKernel("SquaredNorms", inputs)[0],
    saved: inputs,
    backward: (dy, saved) =>
      saved.map((x, i) => tf.mul(x, tf.mul(tf.reshape(tf.slice(dy, [i], [1]), []), 2))),
  })) as tf.Tensor1D; // one number per tensor
}
