// Losses of features, whitening and resizing, against PyTorch.
import * as tf from "@tensorflow/tfjs-core";
import { errorOverLargest, fixturesOf, floats, type Packed, parity } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type FeatureLoss,
  type FeatureStatistics,
  featureLoss,
  type Grid,
  resizeMaps,
  whiten,
} from "../index.ts";

interface Fixture {
  readonly versions: { readonly torch: string };
  readonly losses: {
    readonly student: Packed;
    readonly teacher: Packed;
    readonly cases: Readonly<Record<FeatureLoss, { readonly value: number; readonly gradient: Packed }>>;
  };
  readonly maps: {
    readonly map: Packed;
    readonly layer: Packed;
    readonly statistics: FeatureStatistics;
    readonly channels: Packed;
    readonly resized: readonly { readonly grid: Grid; readonly map: Packed }[];
  };
}

const { versions, losses, maps }: Fixture = fixturesOf(import.meta.url).json("torch-distillation.json");
const tensorOf = (packed: Packed): tf.Tensor => tf.tensor(floats(packed), packed.shape);
const valuesOf = (tensor: tf.Tensor): Float32Array => tensor.dataSync() as Float32Array;

describe.each(PARITY_BACKENDS)("on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));
  const row = { reference: "PyTorch", version: versions.torch, backend, tolerance: 1e-5 };

  test.each(["mse", "smooth-l1", "cosine"] as const)("featureLoss %s: values and gradients", (loss) => {
    const [teacher, student] = [tensorOf(losses.teacher), tensorOf(losses.student)];
    const { value, gradient } = losses.cases[loss];
    const f = (x: tf.Tensor) => tf.mean(featureLoss(loss, teacher, x));
    parity({
      ...row,
      item: `featureLoss, ${loss}: values and gradients (relative)`,
      measured: Math.max(
        errorOverLargest(valuesOf(f(student)), [value]),
        errorOverLargest(valuesOf(tf.grad(f)(student)), floats(gradient)),
      ),
    });
    expect(featureLoss(loss, teacher, student).shape).toEqual([3]);
  });

  test("whiten is LayerNorm without scale and shift, and by channel batch_norm with given statistics", () => {
    const map = tensorOf(maps.map);
    parity({
      ...row,
      item: "whiten: layer_norm without weights, batch_norm with statistics (relative)",
      measured: Math.max(
        errorOverLargest(valuesOf(whiten(map)), floats(maps.layer)),
        errorOverLargest(valuesOf(whiten(map, maps.statistics)), floats(maps.channels)),
      ),
    });
  });

  test("resizeMaps is bilinear interpolation with pixels' centers at half", () => {
    const map = tensorOf(maps.map) as tf.Tensor4D;
    const errors = maps.resized.map(({ grid, map: expected }) =>
      errorOverLargest(valuesOf(resizeMaps(map, grid)), floats(expected)),
    );
    parity({
      ...row,
      item: "resizeMaps: interpolate, bilinear, align_corners=False, larger and smaller (relative)",
      measured: Math.max(...errors),
    });
    expect(valuesOf(resizeMaps(map, [3, 4]))).toEqual(valuesOf(map));
  });

  test("each makes one tensor, also where nothing is resized", () => {
    const [teacher, student] = [tensorOf(losses.teacher), tensorOf(losses.student)];
    const map = tensorOf(maps.map) as tf.Tensor4D;
    const before = tf.memory().numTensors;
    for (const loss of ["mse", "smooth-l1", "cosine"] as const) featureLoss(loss, teacher, student);
    whiten(map);
    whiten(map, maps.statistics);
    resizeMaps(map, [2, 2]);
    resizeMaps(map, [3, 4]);
    expect(tf.memory().numTensors - before).toBe(7);
    expect(map.isDisposed).toBe(false);
  });

  test("a cosine with a vector of zeros is finite, and so is its gradient", () => {
    const f = (x: tf.Tensor) => tf.sum(featureLoss("cosine", tf.ones([1, 2, 3]), x));
    expect(f(tf.zeros([1, 2, 3])).dataSync()[0]).toBe(1);
    expect(
      [
        ...tf
          .grad(f)(tf.zeros([1, 2, 3]))
          .dataSync(),
      ].every(Number.isFinite),
    ).toBe(true);
  });
});

test.each<[string, () => unknown, string]>([
  [
    "other shapes",
    () => featureLoss("mse", tf.zeros([2, 3]), tf.zeros([2, 4])),
    "featureLoss: teacher and student must have one shape [batch, …, channels], got [2,3] and [2,4]",
  ],
  [
    "another loss",
    () => featureLoss("l1" as "mse", tf.zeros([1, 1]), tf.zeros([1, 1])),
    "featureLoss: loss must be",
  ],
  [
    "statistics of other channels",
    () => whiten(tf.zeros([1, 3]), { mean: [0, 0], variance: [1, 1] }),
    "whiten: expected a mean and a variance for each of 3 channels, got 2 and 2",
  ],
  [
    "a negative variance",
    () => whiten(tf.zeros([1, 1]), { mean: [0], variance: [-1] }),
    "whiten: variance must be a list of finite numbers >= 0",
  ],
  [
    "vectors to resize",
    () => resizeMaps(tf.zeros([1, 3]) as never, [2, 2]),
    "resizeMaps: maps must be [batch, height, width, channels], got [1,3]",
  ],
  [
    "a grid of one side",
    () => resizeMaps(tf.zeros([1, 2, 2, 1]), [2] as never),
    "grid must be [rows, columns], integers >= 1",
  ],
])("%s: refused before anything is allocated", (_, use, message) => {
  const before = tf.memory().numTensors;
  expect(use).toThrow(message);
  expect(tf.memory().numTensors - before).toBeLessThanOrEqual(2); // the arguments
});
