import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { expect, test } from "vitest";
import { clipByGlobalNorm, globalNorm } from "./gradient-transform.ts";

/** float32: a handful of roundings, however many numbers there are. */
const TOLERANCE = 1e-6;

test.each(["cpu", "wasm"] as const)(
  "%s: the norm of millions of numbers and their clipping keep their digits",
  async (backend) => {
    await startBackend(backend);
    const sizes = [1, 127, 129, 383, 2_400_001];
    const gradients = Object.fromEntries(
      sizes.map((size, i) => [
        `g${i}`,
        tf.tensor1d(Float32Array.from({ length: size }, (_, at) => ((at * 37) % 1009) / 1009)),
      ]),
    );
    let squares = 0;
    for (const g of Object.values(gradients)) for (const x of g.dataSync()) squares += x * x;
    const norm = Math.sqrt(squares);
    const before = tf.memory().numTensors;
    const measured = globalNorm(gradients);
    expect(Math.abs(measured.dataSync()[0]! / norm - 1)).toBeLessThan(TOLERANCE);
    measured.dispose();
    const clipped = clipByGlobalNorm(1).apply(gradients);
    const first = gradients.g3!.dataSync()[5]!;
    expect(Math.abs((clipped.g3!.dataSync()[5]! * (norm + 1e-6)) / first - 1)).toBeLessThan(TOLERANCE);
    tf.dispose(clipped);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(gradients);
  },
);
