import * as tfl from "@tensorflow/tfjs-layers";
import { sectors } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { bitsOf, memoryStorage, STEPS_PER_EPOCH, stripes, tinyTraining } from "../checkpoint/test-data.ts";
import { type BestLog, bestEpoch, type CheckpointStorage, type FitOptions } from "../index.ts";

/** Not the last epoch, in the tiny training. */
const WORST: BestLog = { monitor: "val_loss", mode: "max" };

type Options = Partial<FitOptions>;

/** Bits of weights and averages after each epoch, and after the whole training. */
async function trained(options: Options) {
  const { model, ema, fit, classifier } = tinyTraining();
  const epochs: string[] = [];
  const callbacks = { onEpochEnd: () => void epochs.push(bitsOf(model, ema)) };
  const { history } = await fit({ ...options, callbacks });
  return { epochs, end: bitsOf(model, ema), history: history as Record<string, number[]>, classifier, ema };
}

/** Trains until an error comes after that many steps. */
async function broken(steps: number, options: Options): Promise<void> {
  let taken = 0;
  const onBatchEnd = (): void => {
    taken += 1;
    if (taken === steps) throw new Error("enough");
  };
  await expect(tinyTraining().fit({ ...options, callbacks: { onBatchEnd } })).rejects.toThrow("enough");
}

const checkpointIn = (storage: CheckpointStorage) =>
  ({ storage, everySteps: 5, resume: true, keep: 1 }) as const;

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test("the best epoch's weights and average are kept, those of an uninterrupted run after any kill", async () => {
    const last = await trained({});
    const whole = await trained({ keepBest: WORST });
    const best = bestEpoch(whole.history, WORST)!;
    expect(best).toBeLessThan(whole.epochs.length - 1);
    expect(whole.end).toBe(whole.epochs[best]);
    expect(whole.history).toEqual(last.history); // training itself is the same
    expect(last.end).toBe(last.epochs.at(-1));

    for (const steps of [3, (best + 1) * STEPS_PER_EPOCH + 1, 4 * STEPS_PER_EPOCH + 7]) {
      const checkpoint = checkpointIn(memoryStorage());
      await broken(steps, { keepBest: WORST, checkpoint });
      const resumed = await trained({ keepBest: WORST, checkpoint });
      expect(resumed.end, `after ${steps} steps`).toBe(whole.end);
      expect(resumed.history).toEqual(whole.history);
      expect((await trained({ keepBest: WORST, checkpoint })).end).toBe(whole.end); // that has ended
    }
  });

  test("by default the highest accuracy of the average chooses, and of equal ones the earliest", async () => {
    const { end, epochs, history, classifier, ema } = await trained({ keepBest: true });
    const values = history.val_ema_accuracy!;
    const first = values.indexOf(Math.max(...values));
    expect(end).toBe(epochs[first]);
    const held = stripes(12, 6, 6);
    const { accuracy } = await ema.within(() => classifier.evaluateDataset(held));
    expect(accuracy).toBe(values[first]);
  });

  test("early stopping ends the run, and the epoch before the last ones is kept", async () => {
    const stop = () => tfl.callbacks.earlyStopping({ ...WORST, patience: 2 });
    const { model, ema, fit } = tinyTraining();
    const history = await fit({ keepBest: WORST, callbacks: stop() });
    const best = bestEpoch(history.history as Record<string, number[]>, WORST)!;
    expect(history.epoch.length).toBe(best + 3);
    const whole = await trained({ keepBest: WORST });
    expect(bitsOf(model, ema)).toBe(whole.epochs[best]);
  });
});

describe("keepBest", () => {
  beforeAll(() => startBackend("wasm"));

  test("is refused without held-out data, with another log in checkpoint.best, and for a log that is not there", async () => {
    const { classifier, fit } = tinyTraining();
    await expect(classifier.fitDataset(sectors(8, 4), { epochs: 1, keepBest: true })).rejects.toThrow(
      "fit: keepBest: expected validationData for 'val_ema_accuracy', got none",
    );
    const checkpoint = { storage: memoryStorage(), best: { monitor: "val_loss", mode: "min" } } as const;
    await expect(fit({ keepBest: WORST, checkpoint })).rejects.toThrow(
      "fit: keepBest and checkpoint.best must be equal, got max val_loss and min val_loss",
    );
    await expect(fit({ keepBest: { monitor: "val_f1", mode: "max" } })).rejects.toThrow(
      "fit: keepBest: expected a log 'val_f1' of each epoch, got loss, accuracy, val_loss",
    );
    await expect(fit({ keepBest: { monitor: "loss", mode: "least" as "min" } })).rejects.toThrow(
      'fit: keepBest: mode must be "max" or "min"',
    );
  });

  test("is a setting of the run: it cannot be given on the way, and a best checkpoint that is lost is named", async () => {
    const storage = memoryStorage();
    const checkpoint = checkpointIn(storage);
    await broken(2 * STEPS_PER_EPOCH + 1, { checkpoint });
    await expect(tinyTraining().fit({ keepBest: WORST, checkpoint })).rejects.toThrow(
      'keepBest was not given, is "max val_loss"',
    );

    const other = memoryStorage();
    const { history } = await trained({ keepBest: WORST, checkpoint: checkpointIn(other) });
    const name = `step-0000000${(bestEpoch(history, WORST)! + 1) * STEPS_PER_EPOCH}.safetensors`;
    other.files.set(name, other.files.get(name)!.slice(0, -1));
    await expect(trained({ keepBest: WORST, checkpoint: checkpointIn(other) })).rejects.toThrow(
      `fit: expected the best epoch's checkpoint '${name}', could not read it`,
    );
  });
});
