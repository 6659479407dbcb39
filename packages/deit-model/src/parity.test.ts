import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { deit, type VitConfig } from "./index.ts";

/** Relative to the largest value of a tensor; float32 through two blocks (the bound). */
const TOLERANCE = 1e-4;

interface Packed {
  readonly shape: number[];
  readonly base64: string;
}

interface Fixture {
  readonly config: VitConfig;
  readonly images: Packed;
  readonly lossWeights: Packed;
  readonly logits: Packed;
  readonly tensors: Readonly<Record<string, { readonly value: Packed; readonly gradient: Packed }>>;
}

const fixture: Fixture = JSON.parse(
  readFileSync(new URL("../fixtures/keras-distilled-vit.json", import.meta.url), "utf8"),
);

function numbers({ base64 }: Packed): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer);
}

function unpack(packed: Packed): tf.Tensor {
  return tf.tensor(numbers(packed), packed.shape);
}

function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let error = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    error = Math.max(error, Math.abs(actual[i]! - expected[i]!));
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return error / size;
}

describe.each(["cpu", "wasm"] as const)("deit against Keras 2.15 on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test.each([false, true])("logits and the gradients of every variable agree (allTokens %s)", (allTokens) => {
    const model = deit({ ...fixture.config, allTokens });
    const byName = new Map(model.weights.map((weight) => [weight.originalName, weight]));
    expect([...byName.keys()].sort()).toEqual(Object.keys(fixture.tensors).sort());
    for (const [name, { value }] of Object.entries(fixture.tensors)) {
      expect(byName.get(name)!.shape).toEqual(value.shape);
      byName.get(name)!.write(unpack(value));
    }

    const images = unpack(fixture.images);
    const weights = unpack(fixture.lossWeights);
    let logits: tf.Tensor | undefined;
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { grads } = tf.variableGrads(() => {
      const heads = model.apply(images, { training: true }) as tf.Tensor[];
      logits = tf.keep(tf.stack(heads));
      return tf.sum(tf.mul(logits, weights)) as tf.Scalar;
    }, variables);

    expect(relativeError(logits!.dataSync(), numbers(fixture.logits))).toBeLessThan(TOLERANCE);
    for (const weight of model.trainableWeights) {
      const gradient = grads[(weight.read() as tf.Variable).name]!.dataSync();
      const error = relativeError(gradient, numbers(fixture.tensors[weight.originalName]!.gradient));
      expect(error, weight.originalName).toBeLessThan(TOLERANCE);
    }
    model.dispose();
  });
});
