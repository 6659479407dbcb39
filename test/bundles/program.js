// The Node program of the bundles: a backend, and drawn flowers by worker threads where the bundle has their file.
import * as tf from "@tensorflow/tfjs-core";
import { softmaxCrossEntropy } from "distill-trainer";
import { proceduralFlowers } from "flowers-data/node";
import { imageSource } from "image-source/node";
import { startBackend } from "tfjs-backends";

async function main() {
  const { name, detail } = await startBackend("wasm", { wasmPaths: process.argv[2] });
  const slope = tf.grad((x) => tf.sum(softmaxCrossEntropy(tf.tensor2d([[1, 0]]), x)))(tf.tensor2d([[3, 3]]));
  const store = await proceduralFlowers({ count: 4, size: 8, seed: 1, workers: 1 });
  const source = imageSource(store, { batchSize: 4, imageSize: 8, training: false, workers: 1 });
  const shapes = [];
  for await (const { shape } of source.batches(0)) shapes.push(shape);
  await source.close();
  process.stdout.write(JSON.stringify({ name, detail, slope: [...slope.dataSync()], shapes }));
}
main();
