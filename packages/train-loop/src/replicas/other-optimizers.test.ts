// What is tested of AdamW elsewhere, with Lamb and Lion: cut batches, replicas, and resuming.
import type * as tfl from "@tensorflow/tfjs-layers";
import { vit } from "deit-model";
import { Classifier } from "distill-trainer";
import { errorOverLargest } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { AdamW, cosine, Lamb, Lion, timmNoDecay, variablesOf } from "tfjs-optim";
import { beforeAll, describe, expect, test } from "vitest";
import { memoryStorage, stripes } from "../checkpoint/test-data.ts";
import type { FitOptions } from "../index.ts";
import { distiller, SIDE, setupOf } from "./test-data.ts";

const source = stripes(22, 8, 3);
const steps = 6;
const rates = { lamb: 1e-2, lion: 1e-3, adamw: 1e-3 };

function optimizerOf(kind: keyof typeof rates, model: tfl.LayersModel) {
  const options = {
    learningRate: cosine({ base: rates[kind], totalSteps: steps }),
    weightDecay: 0.1,
    excludeFromDecay: timmNoDecay(model),
  };
  return kind === "lamb"
    ? new Lamb(options)
    : kind === "lion"
      ? new Lion(options)
      : new AdamW({ ...options });
}

function training(kind: keyof typeof rates) {
  const model = vit({
    ...{ imageSize: 8, patchSize: 4, dim: 8, depth: 2, heads: 2, classes: 3 },
    ...{ dropPathRate: 0.5, init: "timm", seed: 5 },
  });
  const classifier = new Classifier(model);
  classifier.compile({ optimizer: optimizerOf(kind, model) });
  const fit = (options: Partial<FitOptions>) => classifier.fitDataset(source, { epochs: 2, ...options });
  return { model, fit };
}

const weightsOf = (model: tfl.LayersModel) => variablesOf(model).map((x) => [...x.dataSync()]);

/**
 * Weights that the output depends on. The gradient of the keys' bias is 0, as softmax ignores what all keys share; Lion takes steps in
 * the direction of its rounding.
 */
function felt(model: tfl.LayersModel): number[][] {
  return weightsOf(model).map((weights, i) => {
    if (!/qkv.bias$/.test(model.weights[i]!.originalName)) return weights;
    const third = weights.length / 3;
    return weights.filter((_, j) => j < third || j >= 2 * third);
  });
}

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test.each(["lamb", "lion"] as const)("%s: a batch in one piece and in pieces", async (kind) => {
    const [whole, cut] = [training(kind), training(kind)];
    await whole.fit({ microBatchSize: 8 });
    await cut.fit({ microBatchSize: 3 });
    const expected = felt(whole.model);
    felt(cut.model).forEach((weights, i) => {
      expect(errorOverLargest(weights, expected[i]!)).toBeLessThan(1e-4);
    });
  });

  test.each(["lamb", "lion"] as const)("%s: a stopped run resumes to the same bits", async (kind) => {
    const whole = training(kind);
    await whole.fit({});
    const checkpoint = { storage: memoryStorage(), resume: true, everySteps: 1 } as const;
    const controller = new AbortController();
    let taken = 0;
    const onBatchEnd = (): void => void (++taken === 4 && controller.abort());
    const stopped = training(kind).fit({
      checkpoint,
      signal: controller.signal,
      callbacks: { onBatchEnd },
    });
    await expect(stopped).rejects.toThrow(/abort/);
    const other = training(kind === "lamb" ? "lion" : "adamw").fit({ checkpoint });
    await expect(other).rejects.toThrow(
      kind === "lamb" ? 'optimizer was "Lamb", is "Lion"' : 'optimizer was "Lion", is "AdamW"',
    );
    const resumed = training(kind);
    await resumed.fit({ checkpoint });
    expect(weightsOf(resumed.model)).toEqual(weightsOf(whole.model));
  });
});

describe("replicas", () => {
  beforeAll(() => startBackend("wasm"));

  test.each(["lamb", "lion"] as const)("%s: three give what one gives", async (kind) => {
    const run = async (replicas: number) => {
      const trainer = distiller();
      const optimizer = optimizerOf(kind, trainer.student);
      trainer.compile({ optimizer, distillation: { kind: "soft", temperature: 2 }, alpha: 0.4 });
      await trainer.fitDataset(pictures, {
        ...{ epochs: 2, microBatchSize: 3, replicas },
        ...(replicas > 1 && { setup: setupOf({ kind: "distill", backend: "wasm" }) }),
      });
      return felt(trainer.student);
    };
    const [one, three] = [await run(1), await run(3)];
    three.forEach((weights, i) => {
      expect(errorOverLargest(weights, one[i]!)).toBeLessThan(1e-4);
    });
  });
});

/** {@link stripes} at the size of the replicas' model. */
const pictures = ((): typeof source => {
  const small = stripes(22, 8, 3);
  async function* grown(batches: ReturnType<typeof small.batches>) {
    for await (const batch of batches) {
      const rows = batch.labels.length;
      const images = Float32Array.from({ length: rows * SIDE * SIDE * 3 }, (_, i) => {
        const [row, place] = [Math.floor(i / (SIDE * SIDE * 3)), i % 192];
        return (batch.images as Float32Array)[row * 192 + place]!;
      });
      yield { ...batch, images, shape: [rows, SIDE, SIDE, 3] as const };
    }
  }
  return {
    ...small,
    batches: (epoch) => grown(small.batches(epoch)),
    batchesFrom: (epoch, first) => grown(small.batchesFrom(epoch, first)),
  };
})();
