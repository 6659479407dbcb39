// The Keras example's own models against ours: sizes, initial weights, logits and gradients.
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { errorOverLargest, fixturesOf, floats, largestDifference, type Packed, parity } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";
import { averageHeads, config, deit, type VitConfig, vit } from "./index.ts";

/** Relative to the largest value of a tensor; float32 through two blocks (the bound). */
const TOLERANCE = 1e-4;

interface Numbers {
  readonly images: Packed;
  readonly lossWeights: Packed;
  readonly logits: Packed;
  readonly evaluated: Packed;
  readonly tensors: Readonly<Record<string, { readonly value: Packed; readonly gradient: Packed }>>;
}

interface Drawn {
  readonly largest: number;
  readonly rms: number;
  readonly limit?: number;
}

interface FullSize {
  readonly drawn: Readonly<Record<string, Drawn>>;
  /** By number of classes. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Logits of one image at hashed weights. */
  readonly logits: Packed;
  /** `some`: 16 elements, evenly spaced from the first to the last. */
  readonly gradients: Readonly<Record<string, { largest: number; norm: number; some: Packed }>>;
}

interface Fixture {
  readonly tensorflow: string;
  readonly fullSize: Readonly<Record<Kind, FullSize>>;
  readonly small: { readonly config: VitConfig } & Readonly<Record<Kind, Numbers>>;
}

type Kind = "deit" | "vit";

const fixture: Fixture = fixturesOf(import.meta.url).json("keras-example.json");
const keras = { reference: "Keras example on TensorFlow", version: fixture.tensorflow };
const models = [
  { kind: "deit", build: deit, called: "ViTDistilled" },
  { kind: "vit", build: vit, called: "ViTClassifier" },
] as const;

function unpack(packed: Packed): tf.Tensor {
  return tf.tensor(floats(packed), packed.shape);
}

describe.each(models)("$kind at full size is the Keras example's $called", ({ kind, build, called }) => {
  const { drawn, parameters } = fixture.fullSize[kind];

  beforeAll(() => startParityBackend("cpu"));

  test.each(Object.entries(parameters))("with %s classes it has as many parameters", (classes, expected) => {
    const model = build({ ...config.keras, classes: Number(classes) });
    const measured = Math.abs(model.countParams() - expected);
    const item = `${called}, ${classes} classes: number of parameters (${expected})`;
    parity({ item, ...keras, backend: "none", tolerance: 0, measured });
    model.dispose();
  });

  test("every variable starts as Keras' does", () => {
    const model = build({ ...config.keras, classes: 5, seed: 3 });
    expect(model.weights.map((weight) => weight.originalName).sort()).toEqual(Object.keys(drawn).sort());
    let [limits, spreads, constants] = [0, 0, 0];
    for (const weight of model.weights) {
      const values = weight.read().dataSync() as Float32Array;
      const largest = values.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
      const rms = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
      const { limit, ...theirs } = drawn[weight.originalName]!;
      if (limit === undefined) {
        constants = Math.max(constants, Math.abs(largest - theirs.largest), Math.abs(rms - theirs.rms));
        continue;
      }
      // The largest of n is below the limit by about limit / n; 20 / n is missed once in e²⁰ draws.
      for (const max of [largest, theirs.largest]) {
        expect(max, weight.originalName).toBeLessThanOrEqual(limit * (1 + 1e-6));
        limits = Math.max(limits, ((1 - max / limit) * values.length) / 20);
      }
      // In standard errors of a uniform distribution's root mean square, limit / √3 · √(0.2 / n).
      const error = (limit / Math.sqrt(3)) * Math.sqrt(0.2 / values.length);
      for (const spread of [rms, theirs.rms])
        spreads = Math.max(spreads, Math.abs(spread - limit / Math.sqrt(3)) / error);
    }
    const row = { ...keras, backend: "none" };
    parity({
      item: `${called}: initial biases, gains, tokens and positions`,
      ...row,
      tolerance: 0,
      measured: constants,
    });
    parity({
      item: `${called}: initial kernels fill Keras' limits (largest of n values, in 20/n of the limit)`,
      ...row,
      tolerance: 1,
      measured: limits,
    });
    parity({
      item: `${called}: spread of initial kernels (standard errors, largest of all)`,
      ...row,
      tolerance: 5,
      measured: spreads,
    });
    model.dispose();
  });
});

describe.each(PARITY_BACKENDS)("against the Keras example on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each(models)(
    "logits and the gradients of every variable of $kind agree",
    ({ kind, build, called }) => {
      const expected = fixture.small[kind];
      const results = [false, true].map((allTokens) => {
        const model = build({ ...fixture.small.config, allTokens });
        load(model, expected.tensors);
        const images = unpack(expected.images);
        const weights = unpack(expected.lossWeights);
        let logits: tf.Tensor | undefined;
        const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
        const { grads } = tf.variableGrads(() => {
          const heads = [model.apply(images, { training: true })].flat() as tf.Tensor[];
          logits = tf.keep(tf.stack(heads));
          return tf.sum(tf.mul(logits, weights)) as tf.Scalar;
        }, variables);
        const gradients = model.trainableWeights.map((weight) => {
          const gradient = grads[(weight.read() as tf.Variable).name]!.dataSync();
          return errorOverLargest(gradient, floats(expected.tensors[weight.originalName]!.gradient));
        });
        const evaluated = (kind === "deit" ? averageHeads(model) : model).predict(images) as tf.Tensor;
        model.dispose();
        return {
          logits: errorOverLargest(logits!.dataSync(), floats(expected.logits)),
          evaluated: errorOverLargest(evaluated.dataSync(), floats(expected.evaluated)),
          gradients: Math.max(...gradients),
        };
      });
      const worst = (name: keyof (typeof results)[number]) =>
        Math.max(...results.map((result) => result[name]));
      const count = Object.keys(expected.tensors).length;
      const evaluated = kind === "deit" ? "mean of both heads' logits in evaluation" : "logits in evaluation";
      for (const [what, measured] of [
        [kind === "deit" ? "logits of both heads in training" : "logits in training", worst("logits")],
        [evaluated, worst("evaluated")],
        [`gradients of all ${count} variables`, worst("gradients")],
      ] as const) {
        const item = `${called}, small: ${what} (relative to the largest)`;
        parity({ item, ...keras, backend, tolerance: TOLERANCE, measured });
      }
    },
  );
});

// Not on cpu, where plain JavaScript needs minutes; the plain ViT only with kernels, ten times as fast.
describe.each([
  { backend: "wasm", tested: [models[0]] },
  { backend: "wasm with kernels", tested: [...models] },
] as const)("at full size on $backend", ({ backend, tested }) => {
  beforeAll(() => startParityBackend(backend));

  test.each([...tested])("one image through twelve blocks of $kind and back", ({ kind, build, called }) => {
    const expected = fixture.fullSize[kind];
    const model = build({ ...config.keras, classes: 5, dropPathRate: 0 });
    const names = model.weights.map((weight) => weight.originalName).sort();
    for (const weight of model.weights) {
      const name = weight.originalName;
      const scale = name.endsWith("kernel") ? 0.08 : 0.1;
      const shift = name.endsWith("gamma") ? 1 : 0;
      const size = weight.shape.reduce<number>((product, side) => product * side!, 1);
      const values = hashed(size, names.indexOf(name) + 1).map((x) => scale * x + shift);
      weight.write(tf.tensor(Float32Array.from(values), weight.shape as number[]));
    }
    const pixels = hashed(224 * 224 * 3, 0).map((x) => (x + 1) / 2);
    const image = tf.tensor(Float32Array.from(pixels), [1, 224, 224, 3]);
    let logits: tf.Tensor | undefined;
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(() => {
      logits = tf.keep(tf.stack([model.apply(image, { training: true })].flat() as tf.Tensor[]));
      return tf.sum(tf.square(logits)) as tf.Scalar;
    }, variables);
    let [elements, norms] = [0, 0];
    for (const weight of model.trainableWeights) {
      const gradient = grads[(weight.read() as tf.Variable).name]!.dataSync() as Float32Array;
      const { largest, norm, some } = expected.gradients[weight.originalName]!;
      const theirs = floats(some);
      const ours = theirs.map(
        (_, i) => gradient[Math.floor((i * (gradient.length - 1)) / (theirs.length - 1))]!,
      );
      elements = Math.max(elements, largestDifference(ours, theirs) / largest);
      const ourNorm = Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0));
      norms = Math.max(norms, Math.abs(ourNorm / norm - 1));
    }
    const item = `${called} at full size, one image`;
    const row = { ...keras, backend, tolerance: TOLERANCE };
    const measured = errorOverLargest(logits!.dataSync(), floats(expected.logits));
    parity({ item: `${item}: logits (relative to the largest)`, ...row, measured });
    parity({
      item: `${item}: 16 elements of the gradient of each of ${names.length} variables (relative to the largest)`,
      ...row,
      measured: elements,
    });
    parity({ item: `${item}: norm of each gradient (relative)`, ...row, measured: norms });
    model.dispose();
  });
});

/** Numbers in [-1, 1) that the fixture's script computes too: MurmurHash3's finaliser of the index. */
function hashed(count: number, salt: number): Float64Array {
  const start = Math.imul(salt, 0x9e3779b9);
  return Float64Array.from({ length: count }, (_, i) => {
    let h = (i + start) >>> 0;
    h ^= h >>> 16;
    h = Math.imul(h, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
    return (h >>> 0) / 2 ** 31 - 1;
  });
}

function load(model: tfl.LayersModel, tensors: Numbers["tensors"]): void {
  const byName = new Map(model.weights.map((weight) => [weight.originalName, weight]));
  expect([...byName.keys()].sort()).toEqual(Object.keys(tensors).sort());
  for (const [name, { value }] of Object.entries(tensors)) {
    expect(byName.get(name)!.shape).toEqual(value.shape);
    byName.get(name)!.write(unpack(value));
  }
}
