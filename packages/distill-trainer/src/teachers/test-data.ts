import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { fixturesOf } from "test-kit";

/** The folder of the fixtures that the Python scripts write. */
export const TEACHERS = fixturesOf(import.meta.url).url("teachers/");

/** What the source framework computed for {@link teacherImages}, `[3, classes]`. */
export interface GoldenLogits {
  readonly classes: number;
  readonly logits: readonly number[];
}

export function readGolden(name: string): GoldenLogits {
  return JSON.parse(readFileSync(new URL(name, TEACHERS), "utf8")) as GoldenLogits;
}

/** `[3, 8, 8, 3]`, 0…255, the numbers that the scripts make. */
export function teacherImages(): tf.Tensor {
  return tf.tensor(
    Float32Array.from({ length: 3 * 8 * 8 * 3 }, (_, i) => (i * 37 + 11) % 256),
    [3, 8, 8, 3],
  );
}
