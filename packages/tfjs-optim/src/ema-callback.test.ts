import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { AdamW, cosine, emaCallback, ModelEma } from "./index.ts";

const EPOCHS = 3;

describe.each(BACKENDS)("emaCallback on %s, in tfjs' own fit", (backend) => {
  beforeAll(() => startBackend(backend));

  /** Two classes of points, a compiled model and its average. */
  function training() {
    const x = tf.randomNormal([24, 3], 0, 1, "float32", 1) as tf.Tensor2D;
    const y = tf.tidy(() => tf.oneHot(tf.cast(tf.greater(tf.sum(x, 1), 0), "int32"), 2));
    const kernelInitializer = tfl.initializers.glorotUniform({ seed: 3 });
    const model = tfl.sequential({
      layers: [tfl.layers.dense({ units: 2, inputShape: [3], activation: "softmax", kernelInitializer })],
    });
    const learningRate = cosine({ base: 0.3, totalSteps: EPOCHS * 3 });
    model.compile({
      optimizer: new AdamW({ learningRate, weightDecay: 0.01 }),
      loss: "categoricalCrossentropy",
      metrics: ["accuracy"],
    });
    return { x, y, model, ema: new ModelEma(model, { decay: 0.6 }) };
  }
  const fit = { epochs: EPOCHS, batchSize: 8, shuffle: false, verbose: 0 } as const;

  test("updates the average after each batch and evaluates it after each epoch, on its own weights", async () => {
    const { x, y, model, ema } = training();
    const callbacks = emaCallback(model, ema, { validationData: [x, y], batchSize: 24 });
    const { history } = await model.fit(x, y, { ...fit, validationData: [x, y], callbacks });
    expect(Object.keys(history).sort()).toEqual(
      ["acc", "loss", "val_acc", "val_ema_acc", "val_ema_loss", "val_loss"].sort(),
    );
    expect(ema.updates).toBe(EPOCHS * 3);
    const [loss, accuracy] = await ema.within(() => model.evaluate(x, y) as tf.Scalar[]);
    expect(history.val_ema_loss!.at(-1)).toBe(loss!.dataSync()[0]);
    expect(history.val_ema_acc!.at(-1)).toBe(accuracy!.dataSync()[0]);
    const own = (model.evaluate(x, y) as tf.Scalar[])[0]!.dataSync()[0]!;
    expect(history.val_loss!.at(-1)).toBeCloseTo(own, 6);
    expect(history.val_ema_loss!.at(-1)).not.toBeCloseTo(own, 3);
  });

  test("changes no weight of the training, nor leaks a tensor", async () => {
    const [plain, averaged] = [training(), training()];
    await plain.model.fit(plain.x, plain.y, fit);
    const { x, y, model, ema } = averaged;
    const callbacks = emaCallback(model, ema, { validationData: [x, y] });
    await model.fit(x, y, { ...fit, epochs: 1, callbacks });
    const before = tf.memory().numTensors;
    await model.fit(x, y, { ...fit, initialEpoch: 1, callbacks });
    expect(tf.memory().numTensors).toBe(before);
    expect(ema.updates).toBe(EPOCHS * 3);
    const bits = (of: tfl.LayersModel) => of.getWeights().map((weight) => [...weight.dataSync()]);
    expect(bits(model)).toEqual(bits(plain.model));
  });

  test("without data it only updates", async () => {
    const { x, y, model, ema } = training();
    const { history } = await model.fit(x, y, { ...fit, callbacks: emaCallback(model, ema) });
    expect(Object.keys(history).sort()).toEqual(["acc", "loss"]);
    expect(ema.updates).toBe(EPOCHS * 3);
  });
});

test("refuses data that are no pair, and what is no average", () => {
  const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 1, inputShape: [2] })] });
  const ema = new ModelEma(model, { decay: 0.5 });
  expect(() => emaCallback(model, ema, { validationData: [tf.ones([1, 2])] as never })).toThrow(
    "emaCallback: validationData must be [x, y], got",
  );
  expect(() => emaCallback(model, {} as never)).toThrow("emaCallback: ema must");
});
