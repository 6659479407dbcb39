import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { ScheduledMomentum } from "./scheduled-momentum.ts";

describe.each(["cpu", "wasm"] as const)("ScheduledMomentum on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test("steps by v = momentum · v + g, w −= rate · v", () => {
    const before = tf.memory().numTensors;
    const optimizer = new ScheduledMomentum((step) => [1, 0.5, 0][step]!, 0.9);
    const w = tf.variable(tf.scalar(10), true, "scheduled");
    const after = [2, 4, 8].map((value) => {
      const gradient = tf.scalar(value);
      optimizer.applyGradients({ scheduled: gradient });
      gradient.dispose();
      return w.dataSync()[0]!;
    });
    // v: 2, 1.8 + 4 = 5.8, 13.22; w: 10 − 2, 8 − 2.9, unchanged.
    [8, 5.1, 5.1].forEach((expected, i) => {
      expect(after[i]).toBeCloseTo(expected, 5);
    });
    expect(optimizer.learningRateAt(1)).toBe(0.5);
    optimizer.dispose();
    w.dispose();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 2); // tfjs keeps the step count
  });

  test("is not saved with a model, which would load as tfjs' Momentum at a constant rate", async () => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 1, inputShape: [2] })] });
    const optimizer = new ScheduledMomentum((step) => 1 / (step + 1), 0.9);
    expect(optimizer.getClassName()).toBe("ScheduledMomentum");
    model.compile({ optimizer, loss: "meanSquaredError" });
    const saved: tf.io.ModelArtifacts[] = [];
    const handler = tf.io.withSaveHandler(async (artifacts) => {
      saved.push(artifacts);
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
    });
    await expect(model.save(handler, { includeOptimizer: true })).rejects.toThrow(
      "options must be plain data to be saved, got a schedule; save the model without includeOptimizer",
    );
    expect(saved).toEqual([]);
    await model.save(handler);
    expect(saved.length).toBe(1);
  });
});
