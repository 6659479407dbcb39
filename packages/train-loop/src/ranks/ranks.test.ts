// Several programs that train together: here in one thread, each with a communicator of its own.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { mixedSource } from "distill-trainer";
import { proceduralFlowers } from "flowers-data/node";
import { type ImageSource, imageSource } from "image-source/node";
import { type Batch, type RankShare, rowsOfRank } from "sample-keys";
import { errorOverLargest } from "test-kit";
import { startBackend } from "tfjs-backends";
import { AdamW, clipByGlobalNorm, emaWarmup, ModelEma, variablesOf } from "tfjs-optim";
import { DEIT_AUGMENTATION } from "vision-augment";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryStorage } from "../checkpoint/test-data.ts";
import { ranksHere } from "../communicator/test-data.ts";
import {
  arraySource,
  type BatchLogs,
  type BatchShard,
  type Communicator,
  type DataSource,
  evaluate,
  type FitOptions,
  fit,
  rowsOfBatch,
} from "../index.ts";
import { classifierOf, distiller, normalized, SIDE, setupOf } from "../replicas/test-data.ts";

const ROWS = 24;
const STEPS = 50;

let flowers: ImageSource;
let held: ImageSource;
let mixed: DataSource;
beforeAll(async () => {
  await startBackend("wasm");
  const store = await proceduralFlowers({ count: 2 * ROWS - 5, size: SIDE, seed: 3, workers: 1 });
  const sizes = { batchSize: ROWS, imageSize: SIDE, workers: 1 };
  flowers = imageSource(store, { ...sizes, training: true, seed: 4, augmentation: DEIT_AUGMENTATION });
  held = imageSource(store, { ...sizes, training: false });
  mixed = mixedSource(flowers, { classes: 5 });
});
afterAll(() => Promise.all([flowers.close(), held.close()]));

/** Runs `program` on each of `size` ranks. */
function onRanks<T>(size: number, program: (communicator: Communicator) => Promise<T>): Promise<T[]> {
  const { hub, spokes } = ranksHere(size - 1);
  return Promise.all((size === 1 ? [alone] : [hub, ...spokes]).map(program));
}

const alone: Communicator = {
  ...{ rank: 0, size: 1 },
  allreduce: async () => {},
  broadcast: async () => {},
  barrier: async () => {},
};

type Run = { readonly losses: number[]; readonly weights: Float32Array[]; readonly history: object };

/** Two steps an epoch on augmented and mixed pictures, half of whose branches are dropped in the end. */
async function train(communicator: Communicator, options: Partial<FitOptions> = {}): Promise<Run> {
  const { task, student } = distiller();
  const optimizer = new AdamW({ learningRate: 3e-3, weightDecay: 0.05 });
  const ema = new ModelEma(student, { decay: emaWarmup({ decay: 0.99 }) });
  const losses: number[] = [];
  const callbacks = {
    onBatchEnd: async (_: number, logs?: object) => void losses.push((logs as BatchLogs).loss!),
  };
  const { history } = await fit(task, optimizer, mixed, {
    ...{ epochs: STEPS / 2, microBatchSize: 5, validationData: held, callbacks, communicator },
    ...{ ema, gradientTransform: clipByGlobalNorm(1) },
    ...options,
  });
  const tensors = [...variablesOf(student), ...ema.weights];
  return { losses, weights: tensors.map((x) => x.dataSync().slice() as Float32Array), history };
}

async function trainOn(source: DataSource, options: FitOptions): Promise<Run> {
  const { task, student } = distiller();
  const { history } = await fit(task, new AdamW({ learningRate: 3e-3 }), source, options);
  const weights = variablesOf(student).map((x) => x.dataSync().slice() as Float32Array);
  return { losses: [], weights, history };
}

function expectClose(got: Run, expected: Run, within = 1e-4): void {
  got.weights.forEach((weights, i) => {
    expect(errorOverLargest(weights, expected.weights[i]!)).toBeLessThan(within);
  });
  for (const [name, values] of Object.entries(expected.history)) {
    expect(errorOverLargest((got.history as Record<string, number[]>)[name]!, values), name).toBeLessThan(
      within,
    );
  }
}

describe("a training", () => {
  let one: Run;
  beforeAll(async () => {
    one = (await onRanks(1, train))[0]!;
  });

  test.each([2, 3, 4])("is the same under %i ranks, each of which has all of the result", async (size) => {
    const ranks = await onRanks(size, train);
    expect(one.losses.length).toBe(STEPS);
    expect(errorOverLargest(ranks[0]!.losses, one.losses)).toBeLessThan(1e-4);
    expectClose(ranks[0]!, one);
    for (const { weights, history, losses } of ranks.slice(1)) {
      expect({ weights, history }).toEqual({ weights: ranks[0]!.weights, history: ranks[0]!.history });
      expect(losses).toEqual([]); // callbacks are rank 0's
    }
  });

  test("has the same bits twice", async () => {
    const short = { epochs: 3 };
    const [first, second] = [
      await onRanks(3, (communicator) => train(communicator, short)),
      await onRanks(3, (communicator) => train(communicator, short)),
    ];
    expect(second).toEqual(first);
  });

  test("is that of a source which makes whole batches", async () => {
    const { shardsFrom: _, ...whole } = mixed;
    const with2 = (source: DataSource) =>
      onRanks(2, async (communicator) => {
        const { task, student } = distiller();
        await fit(task, new AdamW({ learningRate: 3e-3 }), source, {
          epochs: 2,
          microBatchSize: 5,
          communicator,
        });
        return variablesOf(student).map((x) => x.dataSync().slice());
      });
    expect(await with2(whole)).toEqual(await with2(mixed));
  });

  test("under 2 ranks with 2 threads each is the same", async () => {
    const short = { epochs: 3, microBatchSize: 3 };
    const [expected] = await onRanks(1, (communicator) => train(communicator, short));
    const setup = setupOf({ kind: "distill", backend: "wasm" });
    const ranks = await onRanks(2, (communicator) => train(communicator, { ...short, replicas: 2, setup }));
    expectClose(ranks[0]!, expected!);
    expect(ranks[1]!.weights).toEqual(ranks[0]!.weights);
  });
});

describe("a run that is stopped", () => {
  test("under 4 ranks is resumed under 2, and ends as one that was not", async () => {
    const storage = memoryStorage();
    const events: unknown[] = [];
    const checkpoint = {
      storage,
      resume: true,
      onEvent: (event: unknown) => void events.push(event),
    } as const;
    const stop = new AbortController();
    const stopped = await onRanks(4, async (communicator) => {
      const callbacks = {
        onBatchEnd: async () => {
          if (communicator.rank === 0 && ++steps === 5) stop.abort(new Error("enough"));
        },
      };
      let steps = 0;
      const options = {
        epochs: 6,
        checkpoint,
        callbacks,
        ...(communicator.rank === 0 && { signal: stop.signal }),
      };
      return train(communicator, options).catch((error: Error) => error);
    });
    expect((stopped[0] as Error).message).toContain("enough");
    for (const error of stopped.slice(1)) {
      expect((error as Error).message).toBe("fit: stopped, as another rank was told to");
    }
    expect([...storage.files.keys()]).toContain("step-000000006.safetensors"); // heard of after the next step
    const [whole] = await onRanks(1, (communicator) => train(communicator, { epochs: 6 }));
    const resumed = await onRanks(2, (communicator) => train(communicator, { epochs: 6, checkpoint }));
    expectClose(resumed[0]!, whole!);
    expect(resumed[1]!.weights).toEqual(resumed[0]!.weights);
    expect(events).toContainEqual(expect.objectContaining({ kind: "resumed", step: 6, ranks: 4 }));
  });

  test("by the signal of any rank ends on all of them after one step, saved by rank 0", async () => {
    const storage = memoryStorage();
    const told = await onRanks(3, (communicator) =>
      train(communicator, {
        checkpoint: { storage },
        ...(communicator.rank === 2 && { signal: AbortSignal.abort(new Error("rank 2 is ending")) }),
      }).catch((error: Error) => error.message),
    );
    const elsewhere = "fit: stopped, as another rank was told to";
    expect(told).toEqual([elsewhere, elsewhere, "rank 2 is ending"]);
    expect([...storage.files.keys()]).toEqual(["step-000000001.safetensors"]);
  });

  test("with as many ranks is resumed to the same bits, its best epoch included", async () => {
    const options = { epochs: 4, keepBest: true } as const;
    const whole = await onRanks(2, (communicator) => train(communicator, options));
    const storage = memoryStorage();
    for (const epochs of [2, 4]) {
      const checkpoint = { storage, resume: true } as const;
      const ended = await onRanks(2, (communicator) => {
        const stop = new AbortController();
        const callbacks = {
          onEpochEnd: async (epoch: number) => {
            if (epoch + 1 === epochs && epochs < 4) stop.abort(new Error("later")); // heard of after the next step
          },
        };
        return train(communicator, { ...options, checkpoint, callbacks, signal: stop.signal }).catch(
          () => undefined,
        );
      });
      if (epochs === 4) {
        expect(ended.map((run) => run!.weights)).toEqual(whole.map(({ weights }) => weights));
        expect(ended[1]!.history).toEqual(whole[0]!.history);
      }
    }
  });
});

describe("ranks", () => {
  test("begin with the weights and the optimizer of rank 0", async () => {
    const ranks = await onRanks(2, async (communicator) => {
      const { task, student } = distiller();
      const optimizer = new AdamW({ learningRate: 3e-3 });
      if (communicator.rank === 0) await fit(task, optimizer, mixed, { epochs: 1, microBatchSize: 6 });
      else variablesOf(student).forEach((weight) => void weight.assign(tf.mul(weight, 2)));
      await communicator.barrier();
      await fit(task, optimizer, mixed, { epochs: 1, microBatchSize: 6, communicator });
      return variablesOf(student).map((x) => x.dataSync().slice());
    });
    expect(ranks[1]).toEqual(ranks[0]);
  });

  test("follow what rank 0's callbacks set: the learning rate, and the end", async () => {
    const ranks = await onRanks(2, async (communicator) => {
      const { task, student } = distiller();
      const optimizer = new AdamW({ learningRate: 3e-3 });
      const callbacks = new (class extends tfl.Callback {
        override async onEpochEnd(epoch: number): Promise<void> {
          optimizer.learningRate = 0.01;
          if (epoch === 1) (this.model as unknown as { stopTraining: boolean }).stopTraining = true;
        }
      })();
      const options = { epochs: 4, microBatchSize: 6, callbacks, communicator };
      const { epoch } = await fit(task, optimizer, mixed, options);
      const weights = variablesOf(student).map((x) => x.dataSync().slice());
      return { epoch, rate: optimizer.learningRate, weights };
    });
    expect(ranks[0]).toMatchObject({ epoch: [0, 1], rate: 0.01 });
    expect(ranks[1]).toEqual(ranks[0]);
  });

  test("do not train on where rank 0's callbacks freeze a layer, of which the others do not know", async () => {
    const runs = onRanks(2, async (communicator) => {
      const { task, student } = distiller();
      const layer = student.layers.find(({ trainableWeights }) => trainableWeights.length > 0)!;
      const onBatchEnd = async () => {
        layer.trainable = false;
      };
      const options = { epochs: 1, communicator, callbacks: { onBatchEnd } };
      await fit(task, new AdamW({ learningRate: 1e-2 }), flowers, options);
    });
    await expect(runs).rejects.toThrow("with a communicator all variables of the task must stay trainable");
  });

  test("that would train otherwise are refused, with the setting", async () => {
    const told = await onRanks(2, async (communicator) => {
      const { task } = distiller();
      const optimizer = new AdamW({ learningRate: communicator.rank === 0 ? 1e-3 : 2e-3 });
      const work = fit(task, optimizer, mixed, { epochs: 1, microBatchSize: 6, communicator });
      if (communicator.rank === 0) return undefined; // waits for a rank that is not there
      return work.catch((error: Error) => error.message);
    });
    expect(told[1]).toMatch(
      /^fit: rank 1 must train as rank 0 does: learningRate is \[0.002.*, there \[0.001/,
    );
  });

  test("of another model are refused, with the weight", async () => {
    const told = await onRanks(2, async (communicator) => {
      const units = communicator.rank === 0 ? 4 : 6;
      const layers = [tfl.layers.flatten({ inputShape: [SIDE, SIDE, 3] }), tfl.layers.dense({ units })];
      const { task } = classifierOf(tfl.sequential({ layers: [...layers, tfl.layers.dense({ units: 5 })] }));
      const work = fit(task, tf.train.sgd(0.01), flowers, { epochs: 1, microBatchSize: 6, communicator });
      if (communicator.rank === 0) return undefined; // waits for a rank that is not there
      return work.catch((error: Error) => error.message);
    });
    expect(told[1]).toBe(
      `fit: rank 1 must have the model and the optimizer of rank 0: weight 0 must have the shape [${SIDE * SIDE * 3},6], got [${SIDE * SIDE * 3},4]`,
    );
  });

  test("need an optimizer whose state can be read, as checkpoints do", async () => {
    const adamax = (options: Partial<FitOptions>) =>
      fit(distiller().task, tf.train.adamax(0.01), mixed, { epochs: 1, microBatchSize: 6, ...options });
    const message =
      "fit: checkpoints and several ranks need an optimizer whose state can be read, got Adamax: getWeights() is not implemented for Adamax yet.";
    const told = await onRanks(2, (communicator) => adamax({ communicator }).catch((e: Error) => e.message));
    expect(told).toEqual([message, message]);
    await expect(adamax({ checkpoint: { storage: memoryStorage() } })).rejects.toThrow(message);
    expect((await adamax({})).history.loss).toHaveLength(1);
  });

  test.each([
    ["nothing of it", {}],
    ["a rank that is none", { ...alone, rank: 1 }],
  ])("need a communicator: %s", async (_, communicator) => {
    const options = { epochs: 1, communicator: communicator as Communicator };
    await expect(fit(distiller().task, new AdamW({ learningRate: 1 }), mixed, options)).rejects.toThrow(
      "fit: communicator must be a Communicator { rank, size, allreduce, broadcast, barrier }",
    );
    await expect(
      evaluate(distiller().task, held, { communicator: communicator as Communicator }),
    ).rejects.toThrow("evaluate: communicator must be");
  });

  test("sum what changes in a model by itself, by their rows", async () => {
    const [first, second] = await onRanks(2, async (communicator) => {
      const { task, model } = classifierOf(normalized());
      await fit(task, tf.train.sgd(0.01), flowers, { epochs: 2, microBatchSize: 6, communicator });
      return model.weights.map((weight) => weight.read().dataSync().slice());
    });
    expect(second).toEqual(first);
  });

  test("weigh labels by those of the whole batch, however they fall on ranks", async () => {
    async function* batches(epoch: number): AsyncGenerator<Batch> {
      for await (const batch of flowers.batches(epoch)) {
        yield { ...batch, labels: batch.labels.map((label, row) => (row < 6 ? -1 : label)) }; // rank 0's, most of them
      }
    }
    const { batchesFrom: _, shardsFrom: __, ...rest } = flowers;
    const source: DataSource = { ...rest, batches };
    const options = { epochs: 2, microBatchSize: 6 } as const;
    const [expected] = await onRanks(1, (communicator) => trainOn(source, { ...options, communicator }));
    for (const got of await onRanks(3, (communicator) => trainOn(source, { ...options, communicator }))) {
      expectClose(got, expected!);
    }
  });

  test("name the row of the whole batch that a teacher has no answer to", async () => {
    const told = await onRanks(2, async (communicator) => {
      const { task, teacher } = distiller();
      const logits = ({ shape }: tf.Tensor) => {
        const rows = new Float32Array(shape[0]! * 5);
        if (communicator.rank === 1 && shape[0] === 12) rows[7 * 5] = Number.NaN;
        return tf.tensor2d(rows, [shape[0]!, 5]);
      };
      Object.defineProperty(teacher, "logits", { value: logits });
      const work = fit(task, new AdamW({ learningRate: 1e-3 }), mixed, {
        epochs: 1,
        microBatchSize: 12,
        communicator,
      });
      return communicator.rank === 0 ? undefined : work.catch((error: Error) => error.message);
    });
    expect(told[1]).toMatch(/got NaN or an infinity in row 13 of the batch; in epoch 1, batch 1/); // rows 6 to 17
  });

  test.each<[string, (shard: BatchShard) => BatchShard, RegExp]>([
    ["rows", (shard) => ({ ...shard, rows: shard.rows.slice(1) }), /batch 1: a shard of .* must have rows/],
    [
      "keys",
      (shard) => ({ ...shard, sampleKeys: shard.sampleKeys.slice(1) }),
      /must have rows .* of 24, got .* of 23/,
    ],
    [
      "labels",
      ({ batch, ...shard }) => ({ ...shard, batch: { ...batch, labels: batch.labels.fill(9) } }),
      /got 9 at labels\[0\]; counted in rank (0's rows of the batch, 0 to 5, 18 to 23|1's rows of the batch, 6 to 17)$/,
    ],
  ])("refuse shards with wrong %s", async (_, change, message) => {
    const whole = arraySource(
      {
        images: new Uint8Array(24 * SIDE * SIDE * 3),
        shape: [24, SIDE, SIDE, 3],
        labels: new Int32Array(24),
      },
      { batchSize: 24 },
    );
    async function* shardsFrom(epoch: number, _: number, share: RankShare): AsyncGenerator<BatchShard> {
      for await (const batch of whole.batches(epoch)) {
        const rows = rowsOfRank(24, share);
        const half = rowsOfBatch(batch, 0, 12); // any 12 will do
        yield change({ batch: half, rows, sampleKeys: batch.sampleKeys });
      }
    }
    const source = { ...whole, shardsFrom };
    const told = await onRanks(2, async (communicator) => {
      const { task } = distiller();
      const work = fit(task, new AdamW({ learningRate: 1e-3 }), source, {
        epochs: 1,
        microBatchSize: 6,
        communicator,
      });
      return work.catch((error: Error) => error.message);
    });
    for (const one of told) expect(one).toMatch(message);
  });

  test("evaluate each their rows", async () => {
    const { task } = distiller();
    const expected = await evaluate(task, held);
    for (const logs of await onRanks(3, (communicator) => evaluate(task, held, { communicator }))) {
      expect(Object.keys(logs)).toEqual(Object.keys(expected));
      expect(errorOverLargest(Object.values(logs), Object.values(expected))).toBeLessThan(1e-5);
    }
  });

  test("of more than a batch has rows have none of it, and take the step", async () => {
    async function* batches(epoch: number): AsyncGenerator<Batch> {
      for await (const { images, sampleKeys, labels } of flowers.batches(epoch)) {
        const pixels = images.length / labels.length;
        yield {
          images: images.slice(0, 3 * pixels),
          shape: [3, SIDE, SIDE, 3],
          labels: labels.slice(0, 3),
          sampleKeys: sampleKeys.slice(0, 3),
        };
        return;
      }
    }
    const source: DataSource = { size: 3, batchSize: 3, batches };
    const weights = await onRanks(4, async (communicator) => {
      const { task, student } = distiller();
      await fit(task, new AdamW({ learningRate: 3e-3 }), source, {
        epochs: 2,
        microBatchSize: 5,
        communicator,
      });
      return variablesOf(student).map((x) => x.dataSync().slice() as Float32Array);
    });
    for (const other of weights.slice(1)) expect(other).toEqual(weights[0]);
  });
});
