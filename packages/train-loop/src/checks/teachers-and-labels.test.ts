// What a batch's labels or a teacher say that they cannot mean: refused wherever they come in, and after any number of rows.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { Distiller, type LogitStore, layersTeacher, storeTeacherLogits } from "distill-trainer";
import type { Batch } from "sample-keys";
import { sectors } from "test-kit";
import { startBackend } from "tfjs-backends";
import { AdamW } from "tfjs-optim";
import { mixBatch } from "vision-augment";
import { beforeAll, describe, expect, test } from "vitest";
import type { DataSource } from "../index.ts";

/** Largest pixel value; one above it is NaN to the teachers here. */
const LIMIT = 1e5;
const preprocess = (images: tf.Tensor): tf.Tensor => tf.sqrt(tf.sub(LIMIT, images));

function teacherOf(activation: "linear" | "softmax" | "sigmoid") {
  const layer = tfl.layers.dense({ units: 3, inputShape: [2], activation });
  return layersTeacher(tfl.sequential({ layers: [layer] }), { preprocess });
}

/** Points with view keys, some row of some batch changed. */
function changed(
  at: { batch: number; row: number },
  change: (batch: Batch, row: number) => void,
): DataSource {
  const whole = sectors(300, 100);
  async function* batches(epoch: number): AsyncGenerator<Batch> {
    let index = 0;
    for await (const batch of whole.batches(epoch)) {
      index += 1;
      if (index === at.batch) change(batch, at.row);
      yield { ...batch, viewKeys: BigUint64Array.from(batch.sampleKeys, BigInt) };
    }
  }
  return { ...whole, batches };
}

const brighten = ({ images }: Batch, row: number): void => void images.fill(2 * LIMIT, 2 * row, 2 * row + 1);
const mislabel = ({ labels }: Batch, row: number): void => void labels.fill(3, row, row + 1);

function memoryStore(): LogitStore & { readonly rows: Map<bigint, Float32Array> } {
  const rows = new Map<bigint, Float32Array>();
  return {
    rows,
    classes: 3,
    find: async (keys) => Array.from(keys, (key) => rows.get(key)),
    add: async (keys, logits) => {
      keys.forEach((key, i) => void rows.set(key, logits.slice(3 * i, 3 * i + 3)));
    },
  };
}

function distillerOf(teacher: ReturnType<typeof layersTeacher>): Distiller {
  const inputs = tfl.input({ shape: [2] });
  const outputs = [1, 2].map(() => tfl.layers.dense({ units: 3 }).apply(inputs) as tfl.SymbolicTensor);
  const distiller = new Distiller({ student: tfl.model({ inputs, outputs }), teacher });
  distiller.compile({ optimizer: new AdamW({ learningRate: 1e-3 }), distillation: { kind: "hard" } });
  return distiller;
}

describe.each(["cpu", "wasm"] as const)("on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test.each(["linear", "softmax", "sigmoid"] as const)(
    "hard distillation: NaN of a teacher that ends in %s is named in row 271 of all as in row 1",
    async (activation) => {
      const distiller = distillerOf(teacherOf(activation));
      const fit = (source: DataSource) => distiller.fitDataset(source, { epochs: 1, microBatchSize: 20 });
      await expect(fit(changed({ batch: 3, row: 70 }, brighten))).rejects.toThrow(
        "the teacher's logits must be finite, got NaN or an infinity in row 70 of the batch; in epoch 1, batch 3",
      );
      const first = distillerOf(teacherOf(activation));
      await expect(
        first.fitDataset(changed({ batch: 1, row: 0 }, brighten), { epochs: 1, microBatchSize: 20 }),
      ).rejects.toThrow(/must be finite, got NaN .* in epoch 1, batch 1/);
    },
  );

  test.each(["linear", "softmax", "sigmoid"] as const)(
    "storing logits: NaN of a teacher that ends in %s is refused, and nothing of its micro-batch stored",
    async (activation) => {
      const [store, before] = [memoryStore(), tf.memory().numTensors];
      const teacher = teacherOf(activation);
      const made = tf.memory().numTensors;
      const source = changed({ batch: 3, row: 70 }, brighten);
      await expect(
        storeTeacherLogits(teacher, source, store, { epochs: 1, microBatchSize: 20 }),
      ).rejects.toThrow(/the teacher's logits must be finite, got NaN/);
      expect(store.rows.size).toBe(260);
      expect(tf.memory().numTensors).toBe(made);
      expect(made).toBe(before + 2);
    },
  );

  test("storing logits: a label that is not of the teacher's classes is refused with its batch and row", async () => {
    const store = memoryStore();
    const source = changed({ batch: 2, row: 5 }, mislabel);
    await expect(storeTeacherLogits(teacherOf("linear"), source, store, { epochs: 1 })).rejects.toThrow(
      "storeTeacherLogits: epoch 1, batch 2: labels must be integers in [0, 3), for 3 classes, got 3 at labels[5]",
    );
    expect(store.rows.size).toBe(100);
  });

  test.each([3, -2])("mixing: the label %i of 3 classes is refused with its row", async (label) => {
    const { value: batch } = await sectors(4, 4).batches(0)[Symbol.asyncIterator]().next();
    batch!.labels[2] = label;
    expect(() => mixBatch(batch!, { kind: "mixup", lambda: 0.3 }, 3)).toThrow(
      `mixBatch: labels must be integers in [0, 3), for 3 classes, got ${label} at labels[2]`,
    );
  });
});
