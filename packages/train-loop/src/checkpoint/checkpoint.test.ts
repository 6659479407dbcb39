import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { Classifier } from "distill-trainer";
import { emptyFolder, sectors } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { AdamW, cosine, type Schedule } from "tfjs-optim";
import { folderStorage } from "train-loop/node";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type CheckpointEvent,
  type CheckpointOptions,
  type CheckpointStorage,
  loadCheckpointWeights,
  OtherRunError,
} from "../index.ts";
import { decodeTensorFile, encodeTensorFile } from "./tensor-file.ts";
import { bitsOf, EPOCHS, memoryStorage, SEED, STEPS_PER_EPOCH, stripes, tinyTraining } from "./test-data.ts";

let folder: string;
beforeEach(async () => {
  folder = await emptyFolder();
});

/** Trains until `steps` optimizer steps were taken in this call, then interrupts as a signal would. */
async function interrupted(
  steps: number,
  checkpoint: CheckpointOptions,
  training: ReturnType<typeof tinyTraining> = tinyTraining(),
): Promise<ReturnType<typeof tinyTraining>> {
  const controller = new AbortController();
  const reason = new Error("enough");
  let taken = 0;
  const onBatchEnd = (): void => {
    taken += 1;
    if (taken === steps) controller.abort(reason);
  };
  const { signal } = controller;
  await expect(training.fit({ checkpoint, signal, callbacks: { onBatchEnd } })).rejects.toBe(reason);
  return training;
}

const whole = new Map<string, Promise<{ bits: string; history: tfl.History }>>();

/** The run that is never interrupted, once for each backend. */
function wholeRun(): Promise<{ bits: string; history: tfl.History }> {
  const backend = tf.getBackend();
  const run = async () => {
    const { model, ema, fit } = tinyTraining();
    const history = await fit({});
    return { bits: bitsOf(model, ema), history };
  };
  if (!whole.has(backend)) whole.set(backend, run());
  return whole.get(backend)!;
}

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test("a run that is interrupted again and again ends with the same bits and history", async () => {
    const whole = await wholeRun();
    const storage = memoryStorage();
    const options = { storage, resume: true, keep: 1, settings: { seed: SEED } } as const;
    // The first of an epoch, its middle, its last before validation, and twice in one epoch.
    for (const steps of [1, 7, 4, 6, 12, 3, 2]) await interrupted(steps, options);
    const { model, ema, optimizer, fit } = tinyTraining();
    const history = await fit({ checkpoint: options });
    expect(bitsOf(model, ema)).toBe(whole.bits);
    expect(history.history).toEqual(whole.history.history);
    expect(history.epoch).toEqual(whole.history.epoch);
    expect(optimizer.iterations).toBe(EPOCHS * STEPS_PER_EPOCH);
    // A run that has ended is not gone on with.
    const again = tinyTraining();
    expect((await again.fit({ checkpoint: options })).history).toEqual(whole.history.history);
    expect(bitsOf(again.model, again.ema)).toBe(whole.bits);
  });

  test("saving and resuming leak no tensor", async () => {
    const storage = memoryStorage();
    await interrupted(3, { storage, everySteps: 1 });
    const training = tinyTraining();
    await interrupted(2, { storage, resume: true }, training);
    const before = tf.memory().numTensors;
    await interrupted(2, { storage, resume: true, everySteps: 1 }, training);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("with one backend", () => {
  beforeAll(() => startBackend("wasm"));

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ["cut short", (bytes) => bytes.subarray(0, bytes.length - 100)],
    ["cut to nothing", () => Buffer.alloc(0)],
    ["with one bit flipped in its header", (bytes) => flip(bytes, 20)],
    ["with one bit flipped in a weight", (bytes) => flip(bytes, bytes.length - 500)],
    ["with one bit flipped in its checksum", (bytes) => flip(bytes, bytes.length - 1)],
  ])("a newest checkpoint %s is reported and the one before it is used", async (_, damage) => {
    const whole = await wholeRun();
    const storage = folderStorage(folder);
    await interrupted(STEPS_PER_EPOCH + 5, { storage, everySteps: 3 });
    const newest = (await readdir(folder)).sort().at(-1)!;
    expect(newest).toBe("step-000000017.safetensors");
    await writeFile(join(folder, newest), damage(await readFile(join(folder, newest))));
    const events: CheckpointEvent[] = [];
    const { model, ema, fit } = tinyTraining();
    await fit({ checkpoint: { storage, resume: true, onEvent: (event) => void events.push(event) } });
    expect(events.slice(0, 2)).toEqual([
      { kind: "damaged", name: newest, reason: expect.stringMatching(/bytes/) },
      { kind: "resumed", name: "step-000000015.safetensors", step: 15, epoch: 1, batch: 3 },
    ]);
    expect(bitsOf(model, ema)).toBe(whole.bits);
  });

  test("where none is whole the run is refused, not begun anew", async () => {
    const storage = memoryStorage();
    await interrupted(2, { storage, everySteps: 1 });
    for (const [name, bytes] of storage.files) storage.files.set(name, bytes.slice(1));
    await expect(tinyTraining().fit({ checkpoint: { storage, resume: true } })).rejects.toThrow(
      "checkpoints: expected an intact checkpoint, got none: step-000000002.safetensors: its",
    );
  });

  test("other settings are named and refused, unless forced", async () => {
    const storage = memoryStorage();
    await interrupted(2, { storage, settings: { seed: 1 } });
    const other = tinyTraining({ weightDecay: 0.1 });
    const checkpoint = { storage, resume: true, settings: { seed: 2 } } as const;
    const untouched = bitsOf(other.model, other.ema);
    const differences = ["microBatchSize was 3, is 2", "weightDecay was 0.05, is 0.1", "seed was 1, is 2"];
    await expect(other.fit({ checkpoint, microBatchSize: 2 })).rejects.toThrow(
      new OtherRunError("step-000000002.safetensors", differences),
    );
    expect(bitsOf(other.model, other.ema)).toBe(untouched);
    await interrupted(1, { ...checkpoint, resume: "force" }, other);
    expect([...storage.files.keys()]).toContain("step-000000003.safetensors");
  });

  test("more epochs go on where the schedule does not depend on them, to the bits of a run that was meant so", async () => {
    const run = (learningRate: number | Schedule) => {
      const layers = [tfl.layers.dense({ units: 3, inputShape: [2], kernelInitializer: "ones" })];
      const model = tfl.sequential({ layers });
      const classifier = new Classifier(model);
      classifier.compile({ optimizer: new AdamW({ learningRate }) });
      const fit = (epochs: number, storage: CheckpointStorage) =>
        classifier.fitDataset(sectors(8, 4), { epochs, checkpoint: { storage, resume: true } });
      return { model, fit };
    };
    const [storage, whole] = [memoryStorage(), run(0.1)];
    await whole.fit(4, memoryStorage());
    await run(0.1).fit(2, storage);
    const longer = run(0.1);
    await longer.fit(4, storage);
    const weights = ({ model }: typeof whole) => model.getWeights().map((weight) => [...weight.dataSync()]);
    expect(weights(longer)).toEqual(weights(whole));
    await expect(run(0.1).fit(3, storage)).rejects.toThrow("epochs was 4, is 3");

    const annealed = memoryStorage();
    await run(cosine({ base: 0.1, totalSteps: 4 })).fit(2, annealed);
    await expect(run(cosine({ base: 0.1, totalSteps: 8 })).fit(4, annealed)).rejects.toThrow(
      "learningRate was",
    );
  });

  test("a folder is one run's at a time, and is given back at the end of it, however it ends", async () => {
    const checkpoint = { storage: folderStorage(folder), everySteps: 1, resume: true };
    const second = tinyTraining();
    let refused: unknown;
    const onBatchEnd = async (): Promise<void> => {
      refused ??= await second.fit({ checkpoint }).catch((error: unknown) => error);
      throw new Error("enough");
    };
    await expect(tinyTraining().fit({ checkpoint, callbacks: { onBatchEnd } })).rejects.toThrow("enough");
    expect(refused).toMatchObject({ name: "FolderLockedError", folder });
    await interrupted(1, { ...checkpoint, storage: folderStorage(folder) });
  });

  test("the caller's settings do not hide those of the training that have their names", async () => {
    const storage = memoryStorage();
    const settings = { weightDecay: 0.05, seed: 1 };
    await interrupted(2, { storage, settings });
    const resumed = (weightDecay: number, given: typeof settings) =>
      tinyTraining({ weightDecay }).fit({ checkpoint: { storage, resume: true, settings: given } });
    await expect(resumed(0.1, settings)).rejects.toThrow("other settings: weightDecay was 0.05, is 0.1 (");
    await expect(resumed(0.05, { ...settings, weightDecay: 1 })).rejects.toThrow(
      "other settings: settings.weightDecay was 0.05, is 1 (",
    );
  });

  test("checkpoints of another run are neither overwritten nor loaded into another model", async () => {
    const storage = memoryStorage();
    await interrupted(2, { storage });
    await expect(tinyTraining().fit({ checkpoint: { storage } })).rejects.toThrow(
      "expected a storage without checkpoints, got one with 'step-000000002.safetensors'; set resume",
    );
    const classifier = new Classifier(
      tfl.sequential({ layers: [tfl.layers.dense({ units: 3, inputShape: [2] })] }),
    );
    classifier.compile({ optimizer: new AdamW({ learningRate: 0.1 }) });
    await expect(
      classifier.fitDataset(sectors(8, 4), { epochs: 1, checkpoint: { storage, resume: "force" } }),
    ).rejects.toThrow(/checkpoint: expected 2 weights, got \d+/);
  });

  test("the newest and the best are kept, and either can be loaded", async () => {
    const storage = memoryStorage();
    const { model, ema, fit } = tinyTraining();
    const { history } = await fit({
      checkpoint: { storage, everySteps: 5, keep: 2, best: { monitor: "val_loss", mode: "max" } },
    });
    const losses = history.val_loss as number[];
    const best = (losses.indexOf(Math.max(...losses)) + 1) * STEPS_PER_EPOCH;
    const names = [best, 55, 60].map((step) => `step-0000000${step}.safetensors`);
    expect([...storage.files.keys()].sort()).toEqual([...new Set(names)].sort());
    const other = tinyTraining();
    expect(await loadCheckpointWeights(other.model, storage)).toBe("step-000000060.safetensors");
    expect(bitsOf(other.model, ema)).toBe(bitsOf(model, ema));
    expect(await loadCheckpointWeights(other.model, storage, { which: "best" })).toBe(names[0]);
    expect(bitsOf(other.model, ema)).not.toBe(bitsOf(model, ema));
    await loadCheckpointWeights(other.model, storage, { ema: true });
    const loaded = await other.classifier.evaluateDataset(stripes(12, 6, SEED));
    expect(await ema.within(() => other.classifier.evaluateDataset(stripes(12, 6, SEED)))).toEqual(loaded);
  });

  test("a disk that is full ends the run and loses nothing that was saved", async () => {
    const whole = await wholeRun();
    const storage = memoryStorage();
    const full: CheckpointStorage = {
      ...storage,
      write: async (name, bytes) => {
        if (name >= "step-000000009")
          throw Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" });
        await storage.write(name, bytes);
      },
    };
    await expect(tinyTraining().fit({ checkpoint: { storage: full, everySteps: 4 } })).rejects.toThrow(
      "'step-000000012.safetensors' could not be saved (ENOSPC: no space left); the last one is 'step-000000008.safetensors'",
    );
    const { model, ema, fit } = tinyTraining();
    await fit({ checkpoint: { storage, resume: true } });
    expect(bitsOf(model, ema)).toBe(whole.bits);
  });

  test("a source that cannot start within an epoch is read to the place", async () => {
    const run = async (interruptAt?: number): Promise<Float32Array[]> => {
      const storage = memoryStorage();
      const build = () => {
        const kernelInitializer = tfl.initializers.glorotUniform({ seed: 1 });
        const model = tfl.sequential({
          layers: [tfl.layers.dense({ units: 3, inputShape: [2], kernelInitializer })],
        });
        const classifier = new Classifier(model);
        classifier.compile({ optimizer: tf.train.momentum(0.1, 0.9) });
        return { model, classifier };
      };
      const controller = new AbortController();
      if (interruptAt !== undefined) {
        const onBatchEnd = (batch: number): void => {
          if (batch === interruptAt) controller.abort();
        };
        const { signal } = controller;
        const first = build().classifier.fitDataset(sectors(40, 8), {
          ...{ epochs: 2, checkpoint: { storage }, signal, callbacks: { onBatchEnd } },
        });
        await expect(first).rejects.toThrow(/abort/);
      }
      const { model, classifier } = build();
      await classifier.fitDataset(sectors(40, 8), { epochs: 2, checkpoint: { storage, resume: true } });
      return model.getWeights().map((w) => w.dataSync() as Float32Array);
    };
    expect(await run(2)).toEqual(await run());
  });

  test("a gradient that is not finite stops the run at its step, names the variable and keeps the last checkpoint", async () => {
    const storage = memoryStorage();
    const training = tinyTraining();
    await interrupted(7, { storage, everySteps: 2 }, training);
    const bits = bitsOf(training.model, training.ema);
    const [first, second] = training.model.trainableWeights.slice(2, 4).map((w) => w.read() as tf.Variable);
    const real = tf.engine().gradients.bind(tf.engine());
    let calls = 0;
    const spoil = vi.spyOn(tf.engine(), "gradients").mockImplementation((f, xs, dy, allow) => {
      const result = real(f, xs, dy, allow);
      if (calls++ < 2) return result; // step 7: two micro-batches
      const bad = xs.map((x) => x === first || x === second);
      return { ...result, grads: result.grads.map((g, i) => (bad[i] ? tf.div(g, 0) : g)) };
    });
    const events: CheckpointEvent[] = [];
    const onEvent = (event: CheckpointEvent): void => void events.push(event);
    const broken = training.fit({ checkpoint: { storage, resume: true, everySteps: 2, onEvent } });
    const message = await broken.then(String, (error: Error) => error.message);
    expect(message.replace(/got (-?Infinity|NaN)/, "got BAD")).toBe(
      `fit: the gradients must be finite, got BAD (the first bad one is the gradient of '${first!.name}'); in epoch 1, batch 9, before step 9 was taken; the last checkpoint is 'step-000000008.safetensors'`,
    );
    spoil.mockRestore();
    expect(events.map(({ kind }) => kind)).toEqual(["resumed", "saved"]);
    expect(bitsOf(training.model, training.ema)).not.toBe(bits); // step 7 was taken, step 8 not
  });

  test("weights that are no numbers are not saved over good ones", async () => {
    const storage = memoryStorage();
    const { model, fit } = tinyTraining();
    const last = model.weights.at(-1)!.read() as tf.Variable;
    const onBatchEnd = (batch: number): void => {
      if (batch === 5) last.assign(tf.fill(last.shape, Number.NaN));
    };
    const run = fit({ checkpoint: { storage, everySteps: 1, keep: 1 }, callbacks: { onBatchEnd } });
    await expect(run).rejects.toThrow(
      /a checkpoint must hold finite numbers, got NaN in 'model\/\d+\/classification_head\/bias'/,
    );
    expect([...storage.files.keys()]).toEqual(["step-000000005.safetensors"]);
  });
});

describe("a folder", () => {
  const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

  test("that is absent is empty, and is made by the first write", async () => {
    const storage = folderStorage(join(folder, "a", "b"));
    expect(await storage.list()).toEqual([]);
    await storage.write("x", bytes("one"));
    await storage.write("x", bytes("two"));
    expect(await storage.list()).toEqual(["x"]);
    expect(new TextDecoder().decode(await storage.read("x"))).toBe("two");
    await storage.remove("x");
    await storage.remove("x");
    expect(await storage.list()).toEqual([]);
  });

  test.runIf(process.platform === "linux")("of a full disk keeps what it had, and no piece", async () => {
    const storage = folderStorage(folder);
    await storage.write("x", bytes("one"));
    await symlink("/dev/full", join(folder, ".checkpoint.tmp")); // where the next write goes first
    await expect(storage.write("x", bytes("two"))).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await readdir(folder)).toEqual(["x"]);
    expect(new TextDecoder().decode(await storage.read("x"))).toBe("one");
  });
});

test("a checkpoint's file keeps numbers that JSON lacks, empty tensors and scalars, and is valid safetensors", async () => {
  const state = { a: [Number.NaN, Number.POSITIVE_INFINITY, 0.1], b: null };
  const tensors = [
    { name: "w", shape: [2, 1], data: Float32Array.of(0.1, -0) },
    { name: "n", shape: [], data: Int32Array.of(7) },
    { name: "none", shape: [0, 3], data: new Float32Array(0) },
  ];
  const file = await encodeTensorFile({ state, tensors });
  expect(await decodeTensorFile(file)).toEqual({ state, tensors });
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const { __metadata__: metadata, ...entries } = JSON.parse(
    new TextDecoder().decode(file.subarray(8, 8 + length)),
  );
  expect(Object.values(metadata as object).every((value) => typeof value === "string")).toBe(true);
  let end = 0;
  for (const { data_offsets: offsets } of Object.values<{ data_offsets: [number, number] }>(entries)) {
    expect(offsets[0]).toBe(end); // no holes, in order
    end = offsets[1];
  }
  expect(8 + length + end).toBe(file.length);
  await expect(decodeTensorFile(file.slice(0, 10))).rejects.toThrow("expected at least 40 bytes, got 10");
});

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}
