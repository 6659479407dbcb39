import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { ModelEma, variablesOf } from "tfjs-optim";
import { type CheckpointStorage, fit, loadCheckpointWeights } from "train-loop";
import { beforeAll, describe, expect, test } from "vitest";
import { hinted, stripes, studentOf } from "./test-data.ts";

function memoryStorage(): CheckpointStorage & { readonly files: Map<string, Uint8Array<ArrayBuffer>> } {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    files,
    list: async () => [...files.keys()],
    read: async (name) => files.get(name)!,
    write: async (name, bytes) => void files.set(name, bytes),
    remove: async (name) => void files.delete(name),
  };
}

const bitsOf = (variables: readonly tf.Variable[]): string =>
  variables.map((x) => Buffer.from((x.dataSync() as Float32Array).slice().buffer).toString("hex")).join();

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test("a resumed run ends with the bits of one that was not stopped, projections included", async () => {
    const whole = hinted();
    const ema = new ModelEma(whole.student, { decay: 0.9 });
    const { history } = await fit(whole.task, whole.optimizer, stripes(), {
      epochs: 3,
      ema,
      microBatchSize: 3,
    });
    expect(ema.weights.length).toBe(whole.student.weights.length);

    const storage = memoryStorage();
    const run = async (stopsAt: number) => {
      const { task, optimizer, student, hints, dispose } = hinted();
      const average = new ModelEma(student, { decay: 0.9 });
      const stop = new AbortController();
      let steps = 0;
      const onBatchEnd = async () => void (++steps === stopsAt && stop.abort(new Error("stopped")));
      const running = fit(task, optimizer, stripes(), {
        ...{ epochs: 3, ema: average, microBatchSize: 3, signal: stop.signal, callbacks: { onBatchEnd } },
        checkpoint: { storage, resume: true },
      });
      const found = await running.catch((error: Error) => error.message);
      const bits = bitsOf([...variablesOf(student), ...hints.variables]);
      return { found, bits, student, dispose };
    };
    expect((await run(4)).found).toBe("stopped");
    const resumed = await run(-1);
    expect(resumed.bits).toBe(bitsOf([...variablesOf(whole.student), ...whole.hints.variables]));
    expect((resumed.found as tfl.History).history).toEqual(history);
    // The checkpoint fits the student alone.
    const fresh = studentOf();
    await loadCheckpointWeights(fresh, storage);
    expect(bitsOf(variablesOf(fresh))).toBe(bitsOf(variablesOf(resumed.student)));
    const other = hinted({ pairs: [{ teacher: "norm.act" }] });
    const again = fit(other.task, other.optimizer, stripes(), {
      epochs: 3,
      checkpoint: { storage, resume: true },
    });
    await expect(again).rejects.toThrow("hints was");
    const forced = fit(other.task, other.optimizer, stripes(), {
      epochs: 3,
      checkpoint: { storage, resume: "force" },
    });
    await expect(forced).rejects.toThrow("checkpoint: task: expected 2 weights, got 4");
  });
});
