import * as tf from "@tensorflow/tfjs-core";
import { largestMixedError, noise } from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";

/** float32 sums of up to 60 products. */
const TOLERANCE = 1e-5;
const SIZES: Readonly<Record<string, number>> = { a: 2, b: 3, c: 4, d: 5, e: 3 };

beforeAll(startWasm);

function operands(equation: string): tf.Tensor[] {
  return equation
    .split("->")[0]!
    .split(",")
    .map((term, i) => {
      const shape = [...term].map((label) => SIZES[label]!);
      return tf.tensor(noise(tf.util.sizeFromShape(shape), i + 1), shape);
    });
}

/** The definition: for every value of every index, one product. */
function reference(equation: string, tensors: tf.Tensor[]): Float64Array {
  const [left, result] = equation.split("->") as [string, string];
  const terms = left.split(",");
  const labels = [...new Set([...left.replace(",", "")])];
  const offset = (term: string, at: ReadonlyMap<string, number>) =>
    [...term].reduce((sum, label) => sum * SIZES[label]! + at.get(label)!, 0);
  const data = tensors.map((x) => x.dataSync());
  const out = new Float64Array([...result].reduce((product, label) => product * SIZES[label]!, 1));
  const combinations = labels.reduce((product, label) => product * SIZES[label]!, 1);
  for (let n = 0; n < combinations; n++) {
    const at = new Map<string, number>();
    let rest = n;
    for (const label of labels) {
      at.set(label, rest % SIZES[label]!);
      rest = Math.floor(rest / SIZES[label]!);
    }
    out[offset(result, at)]! += terms.reduce((product, term, i) => product * data[i]![offset(term, at)]!, 1);
  }
  return out;
}

describe("Einsum", () => {
  test.each([
    "abc,cde->abde", // Keras' projections of queries, keys and values
    "abcd,aecd->acbe", // scores of all heads
    "acbe,aecd->abcd", // and what they weigh
    "abcd,cde->abe",
    "ab,bc->ca",
    "ab,ab->",
    "a,b->ba",
    "ab,a->ab",
    "abc,cd->a", // b and d belong to one operand alone: tfjs' cpu backend gets it wrong
    "abc->cab",
    "abc->b",
    "ab->",
  ])("%s agrees with the definition and has the gradient of central differences", (equation) => {
    const inputs = operands(equation);
    const actual = tf.einsum(equation, ...inputs).dataSync();
    expect(largestMixedError(actual, reference(equation, inputs))).toBeLessThan(TOLERANCE);
    const f = (...x: tf.Tensor[]) => tf.sum(tf.mul(tf.einsum(equation, ...x), 0.5));
    const gradients = tf.grads(f)(inputs);
    inputs.forEach((x, which) => {
      const [data, actual] = [x.dataSync(), gradients[which]!.dataSync()];
      expect(gradients[which]!.shape).toEqual(x.shape);
      for (let i = 0; i < data.length; i += 7) {
        const at = (by: number) => {
          const moved = tf.tensor(
            data.map((value, j) => (j === i ? value + by : value)),
            x.shape,
          );
          return f(...inputs.map((other, j) => (j === which ? moved : other))).dataSync()[0]!;
        };
        // Linear in each operand, so a step of 1 has no error but rounding.
        expect(at(1) - at(-1)).toBeCloseTo(2 * actual[i]!, 3);
      }
    });
  });

  test("refuses sizes that differ and leaves one tensor", () => {
    const [x, y] = [tf.ones([2, 3]), tf.ones([4, 5])];
    expect(() => tf.einsum("ab,bc->ac", x, y)).toThrow("Expected dimension 3");
    const before = tf.memory().numTensors;
    tf.einsum("ab,cd->ad", x, y);
    tf.einsum("ab->ab", x);
    expect(tf.memory().numTensors - before).toBe(2);
  });
});
