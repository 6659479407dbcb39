import * as tf from "@tensorflow/tfjs-core";
import { attentionMaps, attentionRollout } from "deit-model";
import { startBackend } from "tfjs-backends";
import { expect, test } from "vitest";
import { registerVit } from "./register-vit.ts";

const [SIZE, REGISTERS] = [32, 4];
const TOKENS = REGISTERS + 1 + (SIZE / 8) ** 2;

/** Row of the product of all blocks' (mean over heads + identity) / 2, with rows divided by their sums, in float64. */
function rollout(layers: readonly number[][][][][], row: number): number[] {
  let product = Array.from({ length: TOKENS }, (_, i) =>
    Array.from({ length: TOKENS }, (_, j) => +(i === j)),
  );
  for (const [heads] of layers) {
    const mixed = heads![0]!.map((queries, q) => {
      const mean = queries.map((_, k) => heads!.reduce((sum, head) => sum + head[q]![k]!, 0) / heads!.length);
      const sum = mean.reduce((total, p) => total + p, 0) + 1;
      return mean.map((p, k) => (p + +(k === q)) / sum);
    });
    product = mixed.map((weights) =>
      product[0]!.map((_, column) => weights.reduce((sum, w, k) => sum + w * product[k]![column]!, 0)),
    );
  }
  return product[row]!;
}

test.each(["cpu", "wasm"] as const)("attention rollout passes over registers, on %s", async (backend) => {
  await startBackend(backend);
  const model = registerVit({ size: SIZE, classes: 3, registers: REGISTERS });
  const images = tf.randomUniform([1, SIZE, SIZE, 3], 0, 1, "float32", 7);
  const maps = attentionMaps(model, images);
  expect(maps).toMatchObject({ places: [REGISTERS], prefixTokens: REGISTERS + 1, grid: [4, 4] });
  const layers = maps.layers.map((layer) => layer.arraySync());
  const expected = rollout(layers, REGISTERS).slice(REGISTERS + 1);
  for (const source of [maps, { model, images }]) {
    const got = [...attentionRollout(source).dataSync()];
    got.forEach((share, i) => void expect(share).toBeCloseTo(expected[i]!, 6));
  }
  model.dispose();
});
