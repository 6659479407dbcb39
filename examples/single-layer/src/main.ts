// One layer in an existing model: a small residual CNN, trained by model.fit without stochastic depth and with it.
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { TF_FLOWERS_CLASSES } from "flowers-data";
import { startBackend } from "tfjs-backends";
import { type Flowers, flowers } from "./flowers.ts";
import { residualCnn } from "./residual-cnn.ts";

const SIZE = 32;
const EPOCHS = Number(process.argv[2] ?? 12);

const backend = await startBackend("wasm"); // with wasm-kernels, which have the gradient of a convolution's filter
console.log(`${backend.name}, ${backend.detail}`);
const train = flowers(0, 250, SIZE);
const held = flowers(250, 250, SIZE);
const [plain, dropping] = [0, 0.3].map((maxDropRate) =>
  residualCnn({ size: SIZE, classes: TF_FLOWERS_CLASSES.length, blocks: 6, maxDropRate }),
) as [tfl.LayersModel, tfl.LayersModel];

// Outside training the layer is the identity: both networks start with the same weights and compute the same outputs.
console.log(`largest difference of their outputs before training: ${difference(plain, dropping, held.xs)}`);
// In training, whole samples lose the branch; in the others it is scaled by 1 / (1 − rate).
const rows = dropping.getLayer("drop_path_5").apply(tf.ones([1000, 1]), { training: true }) as tf.Tensor;
const kept = (await rows.data()).filter((value) => value > 0);
console.log(`its last layer, rate 0.3, kept ${kept.length} of 1000 samples, times ${kept[0]!.toFixed(3)}`);

for (const [name, model] of Object.entries({ without: plain, with: dropping })) {
  const options = { epochs: EPOCHS, batchSize: 25, shuffle: false, verbose: 0 } as const;
  const { history } = await model.fit(train.xs, train.ys, options);
  console.log(
    `\n${name} stochastic depth, loss by epoch: ${history.loss!.map((one) => Number(one).toFixed(2)).join(" ")}`,
  );
  console.log(
    `accuracy: ${percent(model, train)} of the training pictures, ${percent(model, held)} of the held-out ones`,
  );
}

function difference(a: tfl.LayersModel, b: tfl.LayersModel, xs: tf.Tensor): number {
  const [one, other] = [a, b].map((model) => model.predict(xs, { batchSize: 50 }) as tf.Tensor);
  return tf.max(tf.abs(tf.sub(one!, other!))).dataSync()[0]!;
}

function percent(model: tfl.LayersModel, { xs, ys }: Flowers): string {
  const [, accuracy] = model.evaluate(xs, ys, { batchSize: 50 }) as tf.Scalar[];
  return `${(100 * accuracy!.dataSync()[0]!).toFixed(1)}%`;
}
