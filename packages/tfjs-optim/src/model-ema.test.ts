// timm's ModelEmaV3 of weights that have settled, where float32 stalls, against this package.
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { parity } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";
import { ModelEma } from "./model-ema.ts";

interface Fixture {
  readonly versions: { readonly timm: string };
  readonly updates: number;
  readonly start: number[];
  readonly settled: number[];
  /** timm's averages in both types. */
  readonly cases: readonly {
    readonly decay: number;
    readonly float32: number[];
    readonly float64: number[];
  }[];
}

const { versions, updates, start, settled, cases }: Fixture = JSON.parse(
  readFileSync(new URL("../fixtures/model-ema.json", import.meta.url), "utf8"),
);

describe.each(PARITY_BACKENDS)("on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each(cases)(
    "an average of decay $decay stalls where timm's does, and no earlier than it says",
    (golden) => {
      const { decay, float32, float64 } = golden;
      const layer = tfl.layers.dense({ units: start.length, inputShape: [1], useBias: false });
      const model = tfl.sequential({ layers: [layer] });
      const set = (values: number[]) => tf.tidy(() => model.setWeights([tf.tensor2d([values])]));
      set(start);
      const ema = new ModelEma(model, { decay });
      set(settled);
      for (let i = 0; i < updates; i++) ema.update();
      const ours = ema.weights[0]!.dataSync();
      ema.dispose();
      model.dispose();
      parity({
        item: `ModelEmaV3, ${updates} updates towards weights that stand still, decay ${decay}: averages (relative)`,
        reference: "timm",
        version: versions.timm,
        backend,
        tolerance: 1e-6, // PyTorch may round a product and a sum at once
        measured: Math.max(...float32.map((value, i) => Math.abs(ours[i]! / value - 1))),
      });
      expect(ours[0]).toBe(start[0]);
      // Exact to what the doc comment says: half a step of float32 over 1 - decay.
      const lost = float64.map((value, i) => Math.abs(ours[i]! - value) / Math.abs(settled[i]!));
      expect(Math.max(...lost)).toBeLessThan(2 ** -24 / (1 - decay));
    },
  );
});
