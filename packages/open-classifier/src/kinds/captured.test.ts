// Predictions on WebGPU: from the second batch of a shape on they are captured.
import * as tf from "@tensorflow/tfjs-core";
import { vit } from "deit-model";
import { noise } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { addNotes } from "../notes/notes.ts";
import { layersClassifier } from "./layers.ts";

const missing = await startWebGpu();

describe.skipIf(missing)(`predictions${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("are captured to the same bits, with inner layers too, and freed with the classifier", async () => {
    const model = vit({ imageSize: 16, patchSize: 8, dim: 12, depth: 1, heads: 3, classes: 2 });
    addNotes(model, { classNames: ["daisy", "tulip"], outputs: "logits" });
    const weights = tf.memory().numTensors;
    const classifier = layersClassifier(model);
    const images = tf.tensor4d(
      noise(3 * 16 * 16 * 3, 1).map((x) => 255 * Math.abs(x)),
      [3, 16, 16, 3],
    );
    const answers = async () => {
      const logits = await classifier.teacher!.logits(images);
      const { features } = await classifier.layers!.run(images, ["norm"]);
      const values = await Promise.all([logits, features[0]!].map(async (x) => [...(await x.data())]));
      tf.dispose([logits, ...features]);
      return values;
    };
    const expected = await answers();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) expect(await answers()).toEqual(expected);
    expect(tf.memory().numTensors).toBeGreaterThan(before); // the programs' handles on weights
    images.dispose();
    classifier.dispose();
    expect(tf.memory().numTensors).toBeLessThan(weights);
  });
});
