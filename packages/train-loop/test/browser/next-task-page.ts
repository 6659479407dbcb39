// Training, evaluation, stored logits and features where no frame is ever shown: the same program in a page and a Worker.
import * as Comlink from "comlink";
import { extractFeatures, type LogitStore, layersTeacher, storeTeacherLogits } from "distill-trainer";
import { startBackend } from "tfjs-backends";
import { type DataSource, evaluate, fit, nextTask } from "train-loop";
import { SEED, stripes, tinyTraining } from "../../src/checkpoint/test-data.ts";

const STEPS = 6;

/** Number of the step at which each of them came through, and how the run ended. */
export interface Through {
  readonly steps: number;
  readonly timer: number;
  readonly message: number;
  readonly ended: string;
  /** Samples of the other loops. */
  readonly others: readonly number[];
  /** Order in which two waits and a microtask end. */
  readonly order: readonly string[];
}

/** Trains until a message stops it; a timer and the message are sent at the second step. */
async function train(): Promise<Pick<Through, "steps" | "timer" | "message" | "ended">> {
  const { classifier, optimizer } = tinyTraining();
  const controller = new AbortController();
  const channel = new MessageChannel();
  let [steps, timer, message] = [0, 0, 0];
  channel.port1.onmessage = () => {
    message = steps;
    controller.abort("stopped by a message");
  };
  const onBatchEnd = () => {
    steps += 1;
    if (steps !== 2) return;
    setTimeout(() => {
      timer = steps;
      channel.port2.postMessage("stop");
    });
  };
  const ended = await fit(classifier.task, optimizer, stripes(400, 4, SEED), {
    epochs: 1,
    callbacks: { onBatchEnd },
    signal: controller.signal,
  }).then(String, String);
  channel.port1.close();
  return { steps, timer, message, ended };
}

/** Runs the other loops that wait between batches; returns the number of samples that each has seen. */
async function others(): Promise<readonly number[]> {
  const { classifier, model } = tinyTraining();
  const source = stripes(4 * STEPS, 4, SEED);
  await evaluate(classifier.task, source);
  const keyed: DataSource = {
    ...{ size: source.size, batchSize: source.batchSize },
    async *batches(epoch) {
      for await (const batch of source.batches(epoch)) {
        yield { ...batch, viewKeys: BigUint64Array.from(batch.sampleKeys, BigInt) };
      }
    },
  };
  const stored = new Set<bigint>();
  const store: LogitStore = {
    classes: 3,
    find: async (keys) => Array.from(keys, () => undefined),
    add: async (keys) => void Array.from(keys, (key) => stored.add(key)),
  };
  await storeTeacherLogits(layersTeacher(model), keyed, store, { epochs: 1 });
  const features = await extractFeatures(model, source);
  return [stored.size, features.labels.length];
}

async function order(): Promise<readonly string[]> {
  const came: string[] = [];
  const waits = ["first", "second"].map((name) => nextTask().then(() => void came.push(name)));
  await Promise.resolve().then(() => void came.push("microtask"));
  await Promise.all(waits);
  return came;
}

(globalThis as { requestAnimationFrame?: unknown }).requestAnimationFrame = () => 0; // a hidden tab's
const started = startBackend("cpu");
const all = async (): Promise<Through> => {
  await started;
  return { ...(await train()), others: await others(), order: await order() };
};
if (typeof document === "undefined") Comlink.expose({ all });
else {
  const inWorker = () => Comlink.wrap<{ all: typeof all }>(new Worker("/page.js", { type: "module" })).all();
  Object.assign(globalThis, { tasks: { all, inWorker } });
}
