// PyTorch's norm and clipping of millions of gradients, against this package.
import * as tf from "@tensorflow/tfjs-core";
import { fixturesOf, parity } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";
import { clipByGlobalNorm, globalNorm } from "./gradient-transform.ts";

interface Fixture {
  readonly torch: string;
  readonly seed: number;
  readonly maxNorm: number;
  readonly cases: readonly {
    /** How many numbers the tensors have together. */
    readonly total: number;
    /** The norm and clipped numbers, one of each tensor, of PyTorch in float64. */
    readonly norm: number;
    readonly clipped: readonly { readonly at: number; readonly value: number }[];
    /** PyTorch's norm in float32. */
    readonly float32: number;
  }[];
}

const fixture: Fixture = fixturesOf(import.meta.url).json("gradient-norm.json");

/** A few roundings of float32, however many numbers there are. */
const TOLERANCE = 1e-6;
/** PyTorch adds up in float32 itself: what it is off from its own float64 at 40 million numbers, 7e-4 where it was run. */
const TOLERANCE_OF_FLOAT32 = 1e-3;

/** The fixture's numbers: a hash of each place, positive, most of them small; four tensors. */
function gradients(total: number): tf.NamedTensorMap {
  const ends = [0, Math.floor(total / 2), Math.floor(total / 4) * 3, total - 1001, total];
  const tensors = ends.slice(1).map((end, i) => {
    const values = new Float32Array(end - ends[i]!);
    for (let at = 0; at < values.length; at++) values[at] = numberAt(ends[i]! + at);
    return tf.tensor1d(values);
  });
  return Object.fromEntries(tensors.map((tensor, i) => [`g${i}`, tensor]));
}

function numberAt(place: number): number {
  let x = (place + fixture.seed) >>> 0;
  for (let round = 0; round < 2; round++) x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
  x ^= x >>> 16;
  return ((x >>> 8) / 2 ** 24) ** 2;
}

describe.each(PARITY_BACKENDS)("on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each(fixture.cases)("$total gradients have PyTorch's norm, and are clipped by it", (golden) => {
    const { total, norm, clipped, float32 } = golden;
    const inputs = gradients(total);
    const [ours, ...numbers] = tf.tidy(() => {
      const scaled = Object.values(clipByGlobalNorm(fixture.maxNorm).apply(inputs));
      const picked = clipped.map(({ at }, i) => tf.slice(scaled[i]!, [at], [1]).dataSync()[0]!);
      return [globalNorm(inputs).dataSync()[0]!, ...picked];
    });
    tf.dispose(inputs);
    const millions = `${total / 1e6} million gradients`;
    const of = { reference: "PyTorch", version: fixture.torch, backend };
    parity({
      ...{ ...of, item: `get_total_norm in float64, ${millions} (relative)`, tolerance: TOLERANCE },
      measured: Math.abs(ours! / norm - 1),
    });
    parity({
      ...{
        ...of,
        item: `clip_grad_norm_ in float64, ${millions}: four of them (relative)`,
        tolerance: TOLERANCE,
      },
      measured: Math.max(...clipped.map(({ value }, i) => Math.abs(numbers[i]! / value - 1))),
    });
    parity({
      ...of,
      item: `get_total_norm in float32, ${millions} (relative; PyTorch's own is off by as much)`,
      tolerance: TOLERANCE_OF_FLOAT32,
      measured: Math.abs(ours! / float32 - 1),
    });
    expect(Math.abs(ours! / norm - 1)).toBeLessThan(Math.abs(float32 / norm - 1));
  });
});
