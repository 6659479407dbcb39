// A run that is checkpointed after each step, in a page or in a Worker.
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as Comlink from "comlink";
import { startBackend } from "tfjs-backends";
import { indexedDbStorage, opfsStorage } from "train-loop/browser";
import { bitsOf, SEED, tinyTraining } from "../../src/checkpoint/test-data.ts";

/** Result of a run that came to its end. */
export interface Ended {
  readonly bits: string;
  readonly losses: unknown;
  /** Names of damaged checkpoints. */
  readonly damaged: readonly string[];
}

const storages = { opfsStorage, indexedDbStorage };

/** Trains, or resumes; `onStep` gets the number of each step's batch. */
async function run(storage: keyof typeof storages, name: string, onStep: () => void): Promise<Ended> {
  setWasmPaths("/wasm/");
  await startBackend("wasm");
  const { model, ema, fit } = tinyTraining();
  const damaged: string[] = [];
  const { history } = await fit({
    checkpoint: {
      storage: storages[storage](name),
      everySteps: 1,
      resume: true,
      settings: { seed: SEED },
      onEvent: (event) => {
        if (event.kind === "damaged") damaged.push(event.name);
      },
    },
    callbacks: { onBatchBegin: onStep },
  });
  return { bits: bitsOf(model, ema), losses: history.loss, damaged };
}

if (typeof document === "undefined") Comlink.expose({ run });
else {
  const counted = { steps: 0 };
  const onStep = () => {
    counted.steps += 1;
  };
  const inWorker = (storage: keyof typeof storages, name: string) => {
    const worker = Comlink.wrap<{ run: typeof run }>(new Worker("/page.js", { type: "module" }));
    return worker.run(storage, name, Comlink.proxy(onStep));
  };
  Object.assign(globalThis, {
    counted,
    start: { inWorker, inPage: (storage: keyof typeof storages, name: string) => run(storage, name, onStep) },
  });
}
