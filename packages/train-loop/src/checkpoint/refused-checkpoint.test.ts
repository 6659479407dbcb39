import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import type { AdamW } from "tfjs-optim";
import { beforeAll, describe, expect, test } from "vitest";
import { checkpointName } from "./read-checkpoint.ts";
import { decodeTensorFile, encodeTensorFile, type HostTensor } from "./tensor-file.ts";
import { bitsOf, memoryStorage, tinyTraining } from "./test-data.ts";

type Training = ReturnType<typeof tinyTraining>;
/** What becomes of a tensor: others, or none. */
type Mutation = (tensor: HostTensor) => readonly HostTensor[];

beforeAll(() => startBackend("cpu"));

/** Trains some more steps, with a checkpoint after each. */
async function trained(training: Training, steps: number, storage = memoryStorage()) {
  const controller = new AbortController();
  let taken = 0;
  const onBatchEnd = (): void => void (++taken === steps && controller.abort());
  const checkpoint = { storage, resume: "force", everySteps: 1, keep: 1 } as const;
  await expect(
    training.fit({ checkpoint, signal: controller.signal, callbacks: { onBatchEnd } }),
  ).rejects.toThrow(/abort/);
  return storage;
}

async function optimizerBits(optimizer: AdamW): Promise<string> {
  const [count, ...slots] = await optimizer.getWeights();
  const bits = [count!, ...slots].map(
    ({ name, tensor }) =>
      `${name} ${Buffer.from(new Uint8Array(tensor.dataSync().slice().buffer)).toString("hex")}`,
  );
  count!.tensor.dispose();
  return bits.join();
}

const filled = (tensor: HostTensor, value: number): HostTensor => ({
  ...tensor,
  data: tensor.data.slice().fill(value, -1),
});

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "it is missing": () => [],
  "it is there twice": (one) => [one, { ...one, name: `${one.name}2` }],
  "its name is another": (one) => [{ ...one, name: one.name.replace("/", "_") }],
  "its place is another": (one) => [
    { ...one, name: one.name.replace(/\/(\d{4}|iter|learningRate)/, "/0099") },
  ],
  "its shape is another": (one) => [{ ...one, shape: [...one.shape, 1, 1] }],
  "its type is another": (one) => [
    {
      ...one,
      data: one.data instanceof Float32Array ? new Int32Array(one.data.length) : new Float32Array(one.data),
    },
  ],
  "it holds NaN": (one) => [one.data instanceof Float32Array ? filled(one, Number.NaN) : filled(one, -1)],
  "it holds infinity": (one) => [one.data instanceof Float32Array ? filled(one, Infinity) : filled(one, -9)],
};

describe("a checkpoint with a right checksum changes nothing and leaks nothing where, of any tensor,", () => {
  let training: Training;
  let file: Awaited<ReturnType<typeof decodeTensorFile>>;
  beforeAll(async () => {
    const other = tinyTraining();
    other.optimizer.learningRate = 0.01;
    const { files } = await trained(other, 2);
    file = await decodeTensorFile([...files.values()][0]!);
    training = tinyTraining();
    await trained(training, 3); // another state than the file's
  });

  test.each(Object.entries(MUTATIONS))("%s", async (kind, mutate) => {
    const before = [bitsOf(training.model, training.ema), await optimizerBits(training.optimizer)];
    const { numTensors } = tf.memory();
    for (const [i, tensor] of file.tensors.entries()) {
      // Two int32 of any shape are a learning rate, and a step count is one number of any shape.
      if (kind === "its shape is another" && tensor.data instanceof Int32Array) continue;
      if (kind === "it is missing" && tensor.name === "optimizer/learningRate") continue; // one that was not set
      const tensors = [...file.tensors.slice(0, i), ...mutate(tensor), ...file.tensors.slice(i + 1)];
      const storage = memoryStorage();
      storage.files.set(checkpointName(2), await encodeTensorFile({ ...file, tensors }));
      const resumed = training.fit({ checkpoint: { storage, resume: "force" } });
      await expect(resumed, tensor.name).rejects.toThrow(/checkpoint|AdamW\.setWeights/);
      expect(bitsOf(training.model, training.ema), tensor.name).toBe(before[0]);
      expect(await optimizerBits(training.optimizer), tensor.name).toBe(before[1]);
      expect(tf.memory().numTensors, tensor.name).toBe(numTensors);
    }
  });
});

describe("a learning rate that was set by hand", () => {
  test("is the resumed run's too, and costs no tensor a checkpoint", async () => {
    const training = tinyTraining();
    await trained(training, 1);
    training.optimizer.learningRate = 0.0123;
    const storage = await trained(training, 1);
    const { numTensors } = tf.memory();
    await trained(training, 3, storage);
    expect(tf.memory().numTensors).toBe(numTensors);
    const resumed = tinyTraining();
    await trained(resumed, 1, storage);
    expect(resumed.optimizer.learningRate).toBe(0.0123);
  });
});
