// A run that tfjs-vis draws, which its script has put on the page.
import type * as Tfvis from "@tensorflow/tfjs-vis";
import { startBackend } from "tfjs-backends";
import { tinyTraining } from "../../src/checkpoint/test-data.ts";

declare const tfvis: typeof Tfvis;

async function run(): Promise<number> {
  await startBackend("cpu");
  const { fit } = tinyTraining();
  const metrics = ["loss", "val_loss", "accuracy"];
  const drawn = tfvis.show.fitCallbacks({ name: "Training" }, metrics, {
    callbacks: ["onBatchEnd", "onEpochEnd"],
  });
  const { epoch } = await fit({ epochs: 1, callbacks: drawn });
  return epoch.length;
}

Object.assign(globalThis, { run });
