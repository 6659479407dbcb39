// A vision transformer of your own, trained for a few epochs like any other model of this repository.

import { Classifier } from "distill-trainer";
import { proceduralFlowers, splitFlowers } from "flowers-data/node";
import { imageSource } from "image-source/node";
import { startBackend } from "tfjs-backends";
import { AdamW } from "tfjs-optim";
import { registerVit } from "./register-vit.ts";

const SIZE = 48;
const EPOCHS = Number(process.argv[2] ?? 8);

const backend = await startBackend("wasm");
console.log(`${backend.name}, ${backend.detail}`);
const { train, validation } = splitFlowers(await proceduralFlowers({ count: 800, size: SIZE, seed: 42 }));
const shared = { batchSize: 24, imageSize: SIZE, seed: 42, workers: 1 };
const source = imageSource(train, { ...shared, training: true });
const held = imageSource(validation, { ...shared, training: false });

try {
  const model = registerVit({ size: SIZE, classes: train.classNames.length, registers: 4 });
  console.log(`${model.countParams()} parameters; 4 registers, a class token and 36 patches`);
  const classifier = new Classifier(model);
  classifier.compile({
    optimizer: new AdamW({ learningRate: 1e-3, weightDecay: 0.05 }),
    labelSmoothing: 0.1,
  });
  const { history } = await classifier.fitDataset(source, { epochs: EPOCHS, validationData: held });
  for (const [i, loss] of history.loss!.entries()) {
    const accuracy = history.val_accuracy![i] as number;
    console.log(
      `epoch ${i + 1}: loss ${(loss as number).toFixed(3)}, ${(100 * accuracy).toFixed(0)}% of the held-out pictures`,
    );
  }
} finally {
  await Promise.all([source.close(), held.close()]);
}
