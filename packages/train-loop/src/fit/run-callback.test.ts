import * as tfl from "@tensorflow/tfjs-layers";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { memoryStorage, STEPS_PER_EPOCH, tinyTraining } from "../checkpoint/test-data.ts";
import type { CheckpointStorage, FitCallback } from "../index.ts";

beforeAll(() => startBackend("wasm"));

/** Stops where the validation loss has fallen in three epochs: after the fourth. */
const threeWorse = () => tfl.callbacks.earlyStopping({ monitor: "val_loss", mode: "max", patience: 3 });

/** Trains until an error comes after that many steps. */
async function broken(steps: number, storage: CheckpointStorage, ...callbacks: FitCallback[]): Promise<void> {
  let taken = 0;
  const onBatchEnd = (): void => {
    taken += 1;
    if (taken === steps) throw new Error("enough");
  };
  const checkpoint = { storage, everySteps: 5, resume: true } as const;
  const run = tinyTraining().fit({ checkpoint, callbacks: [...callbacks, { onBatchEnd }] });
  await expect(run).rejects.toThrow("enough");
}

describe("a run that goes on", () => {
  test("is stopped early where the whole run is, by tfjs' own callback", async () => {
    const whole = await tinyTraining().fit({ callbacks: threeWorse() });
    expect(whole.epoch).toEqual([0, 1, 2, 3]);
    for (const steps of [STEPS_PER_EPOCH + 1, 2 * STEPS_PER_EPOCH + 7, 4 * STEPS_PER_EPOCH]) {
      const storage = memoryStorage();
      await broken(steps, storage, threeWorse());
      const checkpoint = { storage, resume: true } as const;
      const rest = await tinyTraining().fit({ checkpoint, callbacks: threeWorse() });
      expect(rest.epoch, `after ${steps} steps`).toEqual(whole.epoch);
      expect(rest.history).toEqual(whole.history);
      // A run that was stopped early stays stopped.
      const again = await tinyTraining().fit({ checkpoint, callbacks: threeWorse() });
      expect(again.history).toEqual(whole.history);
    }
  });

  test("shows past epochs to the callbacks that ask for them, and to no other", async () => {
    const storage = memoryStorage();
    await broken(2 * STEPS_PER_EPOCH + 3, storage);
    const seen = { asking: [] as unknown[], other: [] as unknown[] };
    const note = (list: unknown[]) => ({
      onEpochEnd: (epoch: number, logs?: tfl.Logs) => void list.push([epoch, logs]),
    });
    const history = await tinyTraining().fit({
      checkpoint: { storage, resume: true },
      callbacks: [{ ...note(seen.asking), replaysEpochs: true }, note(seen.other)],
    });
    const logsOf = (epoch: number) =>
      Object.fromEntries(Object.entries(history.history).map(([name, values]) => [name, values[epoch]]));
    expect(seen.asking).toEqual([0, 1, 2, 3, 4].map((epoch) => [epoch, logsOf(epoch)]));
    expect(seen.other).toEqual(seen.asking.slice(2));
  });

  test("flushes callbacks before each checkpoint, and when it ends by an error", async () => {
    const storage = memoryStorage();
    const flushed: number[] = []; // checkpoints at each flush
    await broken(11, storage, { flush: () => void flushed.push(storage.files.size) });
    expect(flushed).toEqual([0, 1, 2]);
    expect([...storage.files.keys()]).toEqual(["step-000000005.safetensors", "step-000000010.safetensors"]);
  });
});

test("callbacks of tfjs-vis' fitCallbacks get what they read", async () => {
  // What @tensorflow/tfjs-vis 1.5.1 makes: a plain object of two functions, which read `logs[metric]` of its metrics
  // and plot what is there, in the order of the calls.
  const metrics = ["loss", "accuracy", "val_loss", "learningRate"];
  const plotted = new Map<string, number[]>();
  const collect = (callback: string) => async (_: number, logs?: tfl.Logs) => {
    for (const metric of metrics) {
      const value = logs?.[metric];
      const name = `${callback} ${metric}`;
      if (value !== undefined) plotted.set(name, [...(plotted.get(name) ?? []), value as number]);
    }
  };
  const callbacks = { onEpochEnd: collect("epoch"), onBatchEnd: collect("batch") };
  const { history } = await tinyTraining().fit({ epochs: 2, callbacks });
  expect([...plotted.keys()].sort()).toEqual([
    ...["batch accuracy", "batch learningRate", "batch loss"],
    ...["epoch accuracy", "epoch loss", "epoch val_loss"],
  ]);
  expect(plotted.get("epoch val_loss")).toEqual(history.val_loss);
  expect(plotted.get("batch loss")).toHaveLength(2 * STEPS_PER_EPOCH);
});
