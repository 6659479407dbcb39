// The program that killed-run.test.ts kills.
import { startBackend } from "tfjs-backends";
import { folderStorage, jsonLines } from "train-loop/node";
import { bitsOf, SEED, tinyTraining } from "../src/checkpoint/test-data.ts";

/** Trains, with a log beside its folder: says `go` at its first step, `resumed` and `damaged`, and in the end what came of it. */
export async function tinyProgram(backend: "cpu" | "wasm", folder: string): Promise<void> {
  await startBackend(backend);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const { model, ema, fit } = tinyTraining();
  const { history } = await fit({
    checkpoint: {
      storage: folderStorage(folder),
      everySteps: 1,
      resume: true,
      settings: { seed: SEED },
      onEvent: (event) => {
        if (event.kind !== "saved") say(`${event.kind} ${event.name}`);
      },
    },
    callbacks: [jsonLines(`${folder}.log`), { onBatchBegin: () => say("go") }],
  });
  say(`end ${JSON.stringify({ bits: bitsOf(model, ema), history })}`);
}
