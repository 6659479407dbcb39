import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { saveModel } from "named-weights/node";
import { loadLayersModelFile } from "open-classifier";
import { openModel } from "../../../packages/deit-cli/src/models/open-model.ts";
import type { Format } from "../format.ts";
import { digest } from "../judge.ts";
import { numbersOf } from "../tiny-model.ts";

/** A tfjs layers model of the program: its model.json and its weights, in the folder that a run saves. */
export const model: Format = {
  name: "model",
  reader: "`predict --model` of deit-cli",
  async prepare(folder) {
    const whole = join(folder, "whole");
    mkdirSync(whole);
    await tf.setBackend("cpu");
    const tiny = tfl.sequential({
      layers: [
        tfl.layers.flatten({ inputShape: [2, 2, 3], name: "pixels" }),
        tfl.layers.dense({ units: 2, name: "head" }),
      ],
    });
    tiny.setUserDefinedMetadata({ classNames: ["cat", "dog"], inputRange: [0, 1] });
    await saveModel(tiny, whole);
    tiny.dispose();
    const files = {
      "model.json": new Uint8Array(readFileSync(join(whole, "model.json"))),
      "weights.bin": new Uint8Array(readFileSync(join(whole, "weights.bin"))),
    };
    let changed: keyof typeof files = "model.json";
    const layer = (name: keyof typeof files) => ({
      ...{ name, bytes: files[name], isGuarded: name === "weights.bin" }, // by its SHA-256 in model.json
      wrap: (bytes: Uint8Array) => bytes,
    });
    const opened = join(folder, "opened");
    return {
      layers: [layer("model.json"), layer("model.json"), layer("weights.bin")],
      named: /opened/,
      state: () => `${tf.memory().numTensors} tensors`,
      async read(bytes, { name }) {
        changed = name as keyof typeof files;
        rmSync(opened, { recursive: true, force: true });
        mkdirSync(opened);
        for (const [file, content] of Object.entries({ ...files, [changed]: bytes }))
          writeFileSync(join(opened, file), content);
        const loaded = await loadLayersModelFile(opened);
        try {
          const text = `${digest(numbersOf(loaded))} ${JSON.stringify(loaded.getConfig())}`;
          const { classifier: again, classNames, imageSize } = await openModel(opened);
          again.dispose();
          return digest(`${text} ${classNames} ${imageSize}`);
        } finally {
          loaded.dispose();
        }
      },
    };
  },
};
