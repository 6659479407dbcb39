import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { noise as float32Noise } from "test-kit/numbers";
import type { Array64 } from "./float64/array.ts";
import { gradients } from "./float64/gradients.ts";

/** A value and its gradients: by a backend, or by the reference. */
export interface Outcome {
  readonly value: ArrayLike<number>;
  /** One list for each tensor that has a gradient. */
  readonly gradients: readonly ArrayLike<number>[];
}

/** One thing that every backend must compute as the reference does. */
export interface Case {
  /** The row's name: the package, then what. */
  readonly op: string;
  /** By the current backend; only the value, where the backend has no gradient of it. */
  actual(withGradients: boolean): Promise<Outcome>;
  /** In float64. */
  expected(): Outcome;
}

/** What a case is made of. */
interface Parts {
  readonly op: string;
  readonly inputs: readonly Array64[];
  /** Which inputs have a gradient. Default: all. */
  readonly differentiable?: readonly number[];
  readonly reference: (...inputs: Array64[]) => Array64;
}

/** An op of tensors. */
export function opCase(parts: Parts & { readonly run: (...inputs: tf.Tensor[]) => tf.Tensor }): Case {
  return boundCase(parts, (inputs) => ({ inputs, run: () => parts.run(...inputs) }));
}

/**
 * A layer or a model: the first input is what it is applied to, the others are its weights, in its order.
 *
 * @param parts.make - A new one, built for the first input's shape.
 */
export function layerCase(
  parts: Parts & { readonly make: () => tfl.layers.Layer; readonly kwargs?: Record<string, unknown> },
): Case {
  return boundCase(parts, ([x, ...weights]) => {
    const layer = parts.make();
    if (!layer.built) layer.build(x!.shape);
    const variables = layer.weights.map((weight) => weight.read() as tf.Variable);
    variables.forEach((variable, i) => {
      variable.assign(weights[i]!);
    });
    const run = (): tf.Tensor => {
      const y = layer.apply(x!, { ...parts.kwargs }) as tf.Tensor | tf.Tensor[];
      return Array.isArray(y) ? tf.concat(y, -1) : y;
    };
    return { inputs: [x!, ...variables], run, free: () => tf.dispose(variables) };
  });
}

/** A case bound to the tensors of the current backend. */
interface Bound {
  readonly inputs: readonly tf.Tensor[];
  readonly run: () => tf.Tensor;
  readonly free?: () => void;
}

function boundCase(
  { op, inputs, reference, differentiable = inputs.map((_, i) => i) }: Parts,
  bind: (inputs: tf.Tensor[]) => Bound,
): Case {
  return {
    op,
    async actual(withGradients) {
      const tensors = inputs.map(({ data, shape }) => tf.tensor(Float32Array.from(data), [...shape]));
      const { inputs: bound, run, free } = bind(tensors);
      const x = withGradients ? differentiable.map((i) => bound[i]!) : [];
      const results = tf.tidy(() => {
        const value = run();
        if (x.length === 0) return [value];
        const dy = tf.tensor(Float32Array.from(weightsOf(value.size).data), value.shape);
        return [value, ...tf.grads(() => run())(x, dy)];
      });
      const [value, ...grads] = await Promise.all(results.map((result) => result.data()));
      tf.dispose([results, tensors]);
      free?.();
      return { value: value!, gradients: grads };
    },
    expected() {
      const value = reference(...inputs).data;
      return { value, gradients: gradients(reference, inputs, weightsOf(value.length).data, differentiable) };
    },
  };
}

/** What the numbers of a result are weighed by, so that its gradients are not all alike. */
function weightsOf(size: number): Array64 {
  return noise([size], 977);
}

/** The noise of all tests, float32 numbers in float64: both sides get exactly these. */
export function noise(shape: readonly number[], seed: number): Array64 {
  const data = Float64Array.from(float32Noise(tf.util.sizeFromShape([...shape]), seed));
  return { shape, data };
}

/** As {@link noise}, between two numbers. */
export function between(low: number, high: number, shape: readonly number[], seed: number): Array64 {
  const { data } = noise(shape, seed);
  return { shape, data: data.map((v) => Math.fround(low + ((high - low) * (v + 1)) / 2)) };
}
