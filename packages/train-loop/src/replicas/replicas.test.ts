import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { mixedSource } from "distill-trainer";
import { proceduralFlowers } from "flowers-data/node";
import { type ImageSource, imageSource } from "image-source/node";
import { errorOverLargest, largestDifference } from "test-kit";
import { startBackend } from "tfjs-backends";
import { variablesOf } from "tfjs-optim";
import { DEIT_AUGMENTATION } from "vision-augment";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryStorage } from "../checkpoint/test-data.ts";
import { ranksHere } from "../communicator/test-data.ts";
import type { BatchLogs, FitOptions } from "../index.ts";
import { measureMemory, microBatchWithin } from "../step/memory-use.ts";
import { classifierOf, distiller, normalized, SIDE, setupOf, type Work } from "./test-data.ts";

const ROWS = 24;

let flowers: ImageSource;
let held: ImageSource;
beforeAll(async () => {
  const store = await proceduralFlowers({ count: 2 * ROWS - 5, size: SIDE, seed: 3, workers: 1 });
  const sizes = { batchSize: ROWS, imageSize: SIDE, workers: 1 };
  flowers = imageSource(store, { ...sizes, training: true, seed: 4, augmentation: DEIT_AUGMENTATION });
  held = imageSource(store, { ...sizes, training: false });
});
afterAll(() => Promise.all([flowers.close(), held.close()]));

function numbersOf(model: tfl.LayersModel): Map<string, Float32Array> {
  return new Map(
    variablesOf(model).map((variable, i) => [
      model.weights[i]!.originalName,
      variable.dataSync() as Float32Array,
    ]),
  );
}

interface Cut {
  readonly microBatchSize: number;
  readonly replicas: number;
}

/** Two steps an epoch on augmented and mixed pictures, half of whose branches are dropped in the end. */
async function run(backend: "cpu" | "wasm", steps: number, cut: Partial<Cut>) {
  const trainer = distiller();
  const losses: number[] = [];
  const { history } = await trainer.fitDataset(mixedSource(flowers, { classes: 5 }), {
    ...cut,
    ...((cut.replicas ?? 1) > 1 && { setup: setupOf({ kind: "distill", backend }) }),
    epochs: steps / 2,
    validationData: held,
    callbacks: { onBatchEnd: async (_, logs) => void losses.push((logs as BatchLogs).loss!) },
  });
  return { losses, weights: numbersOf(trainer.student), history: history as Record<string, number[]> };
}

describe.each([
  ["wasm", 50],
  ["cpu", 4], // a hundred times slower
] as const)("on %s, %i steps", (backend, steps) => {
  const cuts: Partial<Cut>[] = [
    { microBatchSize: 5, replicas: 1 },
    { microBatchSize: 7, replicas: 2 },
    { microBatchSize: 4, replicas: 3 },
    {},
  ];
  let whole: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    await startBackend(backend);
    whole = await run(backend, steps, { microBatchSize: ROWS, replicas: 1 });
  });

  test.each(cuts)("do not depend on how they are cut: %o", async (cut) => {
    const cutUp = await run(backend, steps, cut);
    expect(whole.losses.length).toBe(steps);
    expect(errorOverLargest(cutUp.losses, whole.losses)).toBeLessThan(1e-4);
    for (const name of ["val_loss", "val_accuracy", "distillation_loss"]) {
      expect(errorOverLargest(cutUp.history[name]!, whole.history[name]!), name).toBeLessThan(1e-4);
    }
    for (const [name, weights] of whole.weights) {
      expect(errorOverLargest(cutUp.weights.get(name)!, weights), name).toBeLessThan(1e-4);
    }
  });

  test("give the same bits twice", async () => {
    const [first, second] = [await run(backend, steps, cuts[1]!), await run(backend, steps, cuts[1]!)];
    expect(second).toEqual(first);
  });
});

describe.each([
  ["in shared memory", true],
  ["by transferred memory", false],
])("a communicator %s", (_, isShared) => {
  test("sums in order of rank and broadcasts from any of them", async () => {
    const { hub, spokes } = ranksHere(3, isShared);
    const ranks = [hub, ...spokes];
    const parts = [0.1, 1e8, -1e8, 0.2].map((x) => Float32Array.of(x, 1));
    const expected = Float32Array.of(0.1);
    for (const [x] of parts.slice(1)) expected[0]! += x!;
    await Promise.all(ranks.map((one, i) => one.allreduce(parts[i]!)));
    expect(parts).toEqual(parts.map(() => Float32Array.of(expected[0]!, 4)));
    for (const root of [0, 2]) {
      const values = ranks.map((_, rank) => BigUint64Array.of(BigInt(rank), 7n));
      await Promise.all(ranks.map((one, i) => one.broadcast(values[i]!, root)));
      expect(values).toEqual(ranks.map(() => BigUint64Array.of(BigInt(root), 7n)));
    }
    const came: number[] = [];
    const all = ranks.map(async (one, i) => {
      if (i === 3) await new Promise((resolve) => setTimeout(resolve, 20));
      came.push(i);
      await one.barrier();
      return [...came];
    });
    for (const seen of await Promise.all(all)) expect(seen.length).toBe(4);
  });

  test("takes values of any size, again and again", async () => {
    const { hub, spokes } = ranksHere(2, isShared);
    const ranks = [hub, ...spokes];
    for (const size of [3, 0, 1000, 1, 700, 1000]) {
      const values = ranks.map((_, rank) => new Float32Array(size).fill(rank));
      await Promise.all(ranks.map((one, i) => one.allreduce(values[i]!)));
      expect(values).toEqual(ranks.map(() => new Float32Array(size).fill(3)));
      const sent = ranks.map((_, rank) => new Float32Array(size).fill(rank + size));
      await Promise.all(ranks.map((one, i) => one.broadcast(sent[i]!, 0)));
      expect(sent).toEqual(ranks.map(() => new Float32Array(size).fill(size)));
    }
  });

  test("lets rank 0 run ahead, and holds no more than a few buffers", async () => {
    const { hub, spokes } = ranksHere(1, isShared);
    let sent = 0;
    const sending = (async () => {
      for (; sent < 40; sent++) await hub.broadcast(Int32Array.of(sent), 0);
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sent).toBeGreaterThan(2);
    expect(sent).toBeLessThan(40);
    const got = Int32Array.of(-1);
    for (let i = 0; i < 40; i++) {
      await spokes[0]!.broadcast(got, 0);
      expect(got[0]).toBe(i);
    }
    await sending;
  });

  test("refuses ranks that do not do the same", async () => {
    const one = ranksHere(1, isShared);
    const both = [one.hub.allreduce(new Float32Array(2)), one.spokes[0]!.allreduce(new Float32Array(3))];
    await expect(both[0]).rejects.toThrow("allreduce: every rank must give as many bytes, got 8 and 12");
    const two = ranksHere(1, isShared);
    const others = [two.hub.barrier(), two.spokes[0]!.allreduce(new Float32Array(2))];
    await expect(others[0]).rejects.toThrow("expected 'barrier' of the other ranks, got 'allreduce'");
  });
});

describe("replicas", () => {
  beforeAll(() => startBackend("wasm"));
  const options = { epochs: 2, microBatchSize: 6 } as const;

  test.each<[string, FitOptions, string]>([
    ["none", { ...options, replicas: 0 }, "replicas must be an integer >= 1, got 0"],
    ["no setup", { ...options, replicas: 2 }, "2 replicas need a setup"],
    [
      "Workers of browsers",
      { ...options, replicas: 2, setup: { worker: () => ({}) as Worker } },
      "fit: setup.worker makes Workers of browsers; in Node expected setup.module",
    ],
    [
      "no such module",
      { ...options, replicas: 2, setup: { module: new URL("./none.js", import.meta.url) } },
      "Cannot find module",
    ],
    [
      "a module without a setup",
      {
        ...options,
        replicas: 2,
        setup: { module: new URL("../../../vision-augment/src/mix/beta.ts", import.meta.url) },
      },
      "must be a function, got undefined",
    ],
    [
      "a trainer compiled otherwise",
      { ...options, replicas: 2, setup: setupOf({ kind: "distill", backend: "wasm", alpha: 0.3 }) },
      "must train as rank 0 does: alpha is 0.3, there 0.4",
    ],
    [
      "another model",
      { ...options, replicas: 2, setup: setupOf({ kind: "batch-norm" }) },
      "the number of weights is 8, there ",
    ],
    ["too small a budget", { epochs: 1, memoryBudget: 1000 }, "memoryBudget must hold a pass of one row"],
  ])("are refused: %s", async (_, fit, message) => {
    await expect(distiller().fitDataset(flowers, fit)).rejects.toThrow(message);
  });

  test.each<[Work["kind"], RegExp]>([
    ["throw", /replica 2: the teacher has left.*the last checkpoint is 'step-000000004.safetensors'/],
    ["exit", /replica 2 ended, with exit code 3.*the last checkpoint is 'step-000000004.safetensors'/],
  ])(
    "that fail (%s) end the run with their own message, the last checkpoint intact",
    async (kind, message) => {
      const storage = memoryStorage();
      const more = { ...options, epochs: 4, replicas: 2, checkpoint: { storage, everySteps: 1 } };
      const setup = setupOf({ kind: kind as "throw", after: 9 }); // two passes a step and replica
      await expect(distiller().fitDataset(flowers, { ...more, setup })).rejects.toThrow(message);
      // What was saved can be gone on with, to the same bits.
      const { checkpoint: _, ...unsaved } = { ...more, setup: setupOf({ kind: "throw", after: 1e6 }) };
      const [resumed, whole] = [distiller(), distiller()];
      await resumed.fitDataset(flowers, { ...unsaved, checkpoint: { storage, resume: true } });
      await whole.fitDataset(flowers, unsaved);
      expect(numbersOf(resumed.student)).toEqual(numbersOf(whole.student));
    },
  );

  test.each(["cpu", "wasm"] as const)(
    "say of a teacher's NaN on %s in which row of which batch it is",
    async (backend) => {
      // 8 rows a round: the second replica's pass 5 is of rows 12 to 15 of the second batch.
      const fit = { epochs: 1, replicas: 2, microBatchSize: 4, setup: setupOf({ kind: "nan", backend }) };
      await expect(distiller().fitDataset(flowers, fit)).rejects.toThrow(
        /replica 2: .*the teacher's logits must be finite, got NaN or an infinity in row 13 of the batch; in epoch 1, batch 2/,
      );
    },
  );

  test("are not given labels out of range", async () => {
    const wrong = {
      ...flowers,
      size: flowers.size,
      async *batches(epoch: number) {
        for await (const batch of flowers.batches(epoch)) {
          batch.labels[3] = 5;
          yield batch;
        }
      },
      batchesFrom: undefined as never,
    };
    const fit = { epochs: 1, replicas: 2, setup: setupOf({ kind: "distill", backend: "wasm" }) } as const;
    await expect(distiller().fitDataset(wrong, fit)).rejects.toThrow(
      "fit: epoch 1, batch 1: labels must be integers in [0, 5), for 5 classes, got 5 at labels[3]",
    );
  });

  test("build the model from its topology, with the classes that their module registers", async () => {
    const [here, there] = [normalized(), normalized()].map((model) => {
      const input = model.inputs[0]!;
      const logits = model.layers.at(-1)!.apply(model.layers[1]!.apply(model.layers[0]!.apply(input)));
      return classifierOf(tfl.model({ inputs: input, outputs: logits as tfl.SymbolicTensor }));
    });
    await here!.fitDataset(flowers, options);
    await there!.fitDataset(flowers, { ...options, replicas: 2, setup: setupOf({ kind: "topology" }) });
    const [expected, got] = [here!, there!].map(({ model }) => variablesOf(model).map((x) => x.dataSync()));
    expected!.forEach((weights, i) => {
      expect(errorOverLargest(got![i]!, weights)).toBeLessThan(1e-5);
    });
  });

  test("bring home what changes in a model by itself", async () => {
    const model = normalized();
    const moving = model.weights.filter((weight) => weight.originalName.includes("moving_mean"));
    const before = moving[0]!.read().dataSync().slice();
    await classifierOf(model).fitDataset(flowers, {
      ...options,
      replicas: 2,
      setup: setupOf({ kind: "batch-norm" }),
    });
    expect(largestDifference(moving[0]!.read().dataSync(), before)).toBeGreaterThan(1e-3);
  });
});

test("the micro-batch follows from the memory that a pass takes", () => {
  const use = { fixed: 100, perRow: 10 };
  expect(microBatchWithin(200, use, 64)).toBe(10); // seven of ten or fewer
  expect(microBatchWithin(199, use, 64)).toBe(8); // nine at most: eight of eight
  expect(microBatchWithin(1e6, use, 64)).toBe(64);
  expect(() => microBatchWithin(109, use, 64)).toThrow("must hold a pass of one row, 110 bytes, got 109");
});

test("a pass takes more with every row, the same on every run", async () => {
  await startBackend("wasm");
  const { task } = distiller();
  const before = tf.memory().numTensors;
  const use = await measureMemory(task);
  expect(use).toEqual(await measureMemory(task));
  expect(use.perRow).toBeGreaterThan(17 * 24 * 4); // a row's tokens, once
  expect(use.fixed).toBeGreaterThanOrEqual(4 * task.variables.reduce((sum, { size }) => sum + size, 0));
  expect(tf.memory().numTensors).toBe(before);
});
