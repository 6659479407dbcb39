import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs-core";
import { loadCheckpointWeights } from "train-loop";
import { AdamW } from "../../../packages/tfjs-optim/src/adamw/adamw.ts";
import { Checkpoints } from "../../../packages/train-loop/src/checkpoint/checkpoints.ts";
import { encodeTensorFile } from "../../../packages/train-loop/src/checkpoint/tensor-file.ts";
import { captureTensors } from "../../../packages/train-loop/src/checkpoint/training-state.ts";
import { type Format, wholeFile } from "../format.ts";
import { digest } from "../judge.ts";
import { numbersOf, tinyModel } from "../tiny-model.ts";

const NAME = "step-000000003.safetensors";
const CHECKSUM = 32;

/** Checkpoints of a training: the file, and what its checksum covers with the checksum set right. */
export const checkpoint: Format = {
  name: "checkpoint",
  reader: "`loadCheckpointWeights` and `resume`",
  async prepare() {
    const model = await tinyModel();
    const optimizer = new AdamW({ learningRate: 1e-3, weightDecay: 0.01 });
    optimizer.minimize(() => tf.tidy(() => tf.sum(model.apply(tf.ones([1, 4])) as tf.Tensor)) as tf.Scalar);
    const training = { model, step: { optimizer } };
    const state = { progress: { step: 3, epoch: 1, batch: 1 }, settings: { seed: "1" }, averageUpdates: 0 };
    const file = await encodeTensorFile({ state, tensors: await captureTensors(training) });
    const values = model.weights.map((weight) => weight.read().clone());
    const reset = (): void => model.setWeights(values);
    return {
      layers: [
        wholeFile(file, true),
        {
          ...{ name: "content", bytes: file.slice(0, -CHECKSUM), isGuarded: false },
          wrap: (bytes) =>
            new Uint8Array(Buffer.concat([bytes, createHash("sha256").update(bytes).digest()])),
        },
      ],
      named: /step-000000003|checkpoint|AdamW/i,
      reset,
      state: () => `${digest(numbersOf(model))}, ${tf.memory().numTensors} tensors`,
      async read(bytes) {
        const storage = {
          list: async () => [NAME],
          read: async () => new Uint8Array(bytes),
          write: async () => {},
          remove: async () => {},
        };
        await loadCheckpointWeights(model, storage);
        const loaded = digest(numbersOf(model));
        reset();
        const progress = await new Checkpoints({ storage, resume: "force" }, training, () => ({})).resume();
        return `${loaded} ${digest(numbersOf(model))} ${JSON.stringify(progress)}`;
      },
    };
  },
};
