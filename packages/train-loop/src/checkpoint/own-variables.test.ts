// A task that trains a variable beside its model's.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { startBackend } from "tfjs-backends";
import { AdamW, variablesOf } from "tfjs-optim";
import { beforeAll, expect, test } from "vitest";
import { arraySource, fit, loadCheckpointWeights, type Outcome, type Task, tidyOutcome } from "../index.ts";
import { memoryStorage } from "./test-data.ts";

beforeAll(() => startBackend("cpu"));

const dense = (): tfl.LayersModel => {
  const kernelInitializer = tfl.initializers.glorotUniform({ seed: 1 });
  return tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [3], kernelInitializer })] });
};

const source = arraySource(
  {
    images: Float32Array.from({ length: 18 }, (_, i) => (i * 5) % 7),
    shape: [6, 3],
    labels: [0, 1, 0, 1, 0, 1],
  },
  { batchSize: 2 },
);

/** Squared errors of the model's outputs, scaled by a variable of the task; notes the steps that it is given. */
function scaledTask(model: tfl.LayersModel, scale: tf.Variable, steps: number[] = []): Task {
  const outcome = (inputs: tf.Tensor, targets: tf.Tensor2D): Outcome => {
    const logits = tf.mul(model.apply(inputs) as tf.Tensor2D, scale) as tf.Tensor2D;
    return { loss: tf.losses.meanSquaredError(targets, logits) as tf.Scalar, parts: {}, logits };
  };
  return {
    model,
    classes: 2,
    variables: [...variablesOf(model), scale],
    parts: { train: [], evaluate: [] },
    settings: {},
    prepare: async ({ images, labels }, _, step) => {
      steps.push(step);
      return { inputs: images, targets: tf.cast(tf.oneHot(labels, 2), "float32") as tf.Tensor2D };
    },
    example: (rows) => ({ inputs: tf.zeros([rows, 3]), targets: tf.zeros([rows, 2]) }),
    train: ({ inputs, targets }, _, step) => {
      steps.push(step);
      return outcome(inputs, targets);
    },
    evaluate: ({ inputs, targets }) => tidyOutcome(() => outcome(inputs, targets)),
  };
}

const valuesOf = (variables: readonly tf.Variable[]) => variables.map((x) => [...x.dataSync()]);

test("is trained, saved and resumed to the same bits, and is not the model's; the task is told the step", async () => {
  const storage = memoryStorage();
  async function train(checkpointed: boolean, stopsAfter = Number.POSITIVE_INFINITY) {
    const [model, scale] = [dense(), tf.variable(tf.scalar(2))];
    const steps: number[] = [];
    const task = scaledTask(model, scale, steps);
    const optimizer = new AdamW({ learningRate: 0.05 });
    const stop = new AbortController();
    const onBatchEnd = async () => void (--stopsAfter === 0 && stop.abort(new Error("stopped")));
    await fit(task, optimizer, source, {
      ...{ epochs: 2, microBatchSize: 2, signal: stop.signal, callbacks: { onBatchEnd } },
      ...(checkpointed && { checkpoint: { storage, resume: true } }),
    }).catch((error: Error) => void expect(error.message).toBe("stopped"));
    return { model, scale, steps, values: valuesOf(task.variables) };
  }
  const whole = await train(false);
  expect(whole.steps).toEqual([0, 1, 2, 3, 4, 5].flatMap((step) => [step, step]));
  expect(whole.scale.dataSync()[0]).not.toBe(2);
  await train(true, 4);
  const resumed = await train(true);
  expect(resumed.steps).toEqual([4, 4, 5, 5]);
  expect(resumed.values).toEqual(whole.values);

  const fresh = dense();
  await loadCheckpointWeights(fresh, storage);
  expect(valuesOf(variablesOf(fresh))).toEqual(valuesOf(variablesOf(resumed.model)));

  const model = dense();
  const without: Task = { ...scaledTask(model, tf.variable(tf.scalar(2))), variables: variablesOf(model) };
  const optimizer = new AdamW({ learningRate: 0.05 });
  const forced = { epochs: 3, microBatchSize: 2, checkpoint: { storage, resume: "force" } } as const;
  await expect(fit(without, optimizer, source, forced)).rejects.toThrow(
    "checkpoint: task: expected 0 weights, got 1",
  );
});

test("that is not finite ends the training with its name", async () => {
  const [model, scale] = [dense(), tf.variable(tf.scalar(Number.NaN), true, "scale of this test")];
  const optimizer = new AdamW({ learningRate: 0.05 });
  const running = fit(scaledTask(model, scale), optimizer, source, { epochs: 1, microBatchSize: 2 });
  await expect(running).rejects.toThrow("the first bad one is the variable 'scale of this test' itself");
});
