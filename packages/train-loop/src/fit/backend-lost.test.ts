import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { beforeAll, expect, test } from "vitest";
import { bitsOf, memoryStorage, tinyTraining } from "../checkpoint/test-data.ts";
import { BackendLostError } from "../index.ts";
import { explainLostBackend } from "./backend-lost.ts";

beforeAll(() => startBackend("wasm"));

const PAST_THE_HEAP = 0xffff0000;

/** Lets tfjs' kernels read a variable where no memory is. */
function breakHeap(variable: tf.Tensor): () => void {
  const { dataIdMap } = tf.backend() as unknown as {
    dataIdMap: { get(id: object): { memoryOffset: number } };
  };
  const data = dataIdMap.get(variable.dataId);
  const { memoryOffset } = data;
  data.memoryOffset = PAST_THE_HEAP;
  return () => {
    data.memoryOffset = memoryOffset;
  };
}

test("a trap of the WASM backend is told with the place and the last checkpoint, and can be resumed from", async () => {
  const whole = tinyTraining();
  await whole.fit({});
  const storage = memoryStorage();
  const training = tinyTraining();
  const kernel = training.model.weights.at(-2)!.read();
  let repair = (): void => {};
  const onBatchBegin = (batch: number): void => {
    if (batch === 7) repair = breakHeap(kernel);
  };
  const run = training.fit({ checkpoint: { storage, everySteps: 3 }, callbacks: { onBatchBegin } });
  const error = await run.then(
    () => undefined,
    (reason: Error) => reason,
  );
  repair();
  expect(error!.message).toBe(
    "fit: the backend 'wasm' was lost (memory access out of bounds) in epoch 1, batch 8; the last checkpoint is 'step-000000006.safetensors'; to resume, call fit with checkpoint.resume: true in a new process or page",
  );
  expect(error).toBeInstanceOf(BackendLostError);
  expect(error!.cause).toBeInstanceOf(WebAssembly.RuntimeError);
  const resumed = tinyTraining();
  await resumed.fit({ checkpoint: { storage, resume: true } });
  expect(bitsOf(resumed.model, resumed.ema)).toBe(bitsOf(whole.model, whole.ema));
});

test("without checkpoints it says so, and other errors stay what they are", async () => {
  const trap = new WebAssembly.RuntimeError("unreachable");
  const place = { epoch: 2, batch: 1 };
  await expect(explainLostBackend(trap, place, undefined)).resolves.toMatchObject({
    message: "fit: the backend 'wasm' was lost (unreachable) in epoch 3, batch 2; no checkpoint was saved",
    cause: trap,
  });
  for (const other of [new RangeError("bad option"), new DOMException("aborted", "AbortError"), "text"]) {
    expect(await explainLostBackend(other, place, "x")).toBe(other);
  }
});
