// A pretrained layers model as a teacher of flowers: a linear probe, then fine-tuned by BiT-HyperRule.
//   node --import tsx --conditions=@deit/source packages/distill-trainer/scripts/teach-flowers.ts --data flower_photos.tgz --backbone model.json
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { featuresOf } from "bit-teacher";
import { openFlowers, splitFlowers } from "flowers-data/node";
import { imageSource } from "image-source/node";
import { startBackend } from "tfjs-backends";
import { fineTune, hyperRule, linearProbe } from "../src/index.ts";

const { values: args } = parseArgs({
  options: {
    data: { type: "string" },
    backbone: { type: "string" },
    size: { type: "string", default: "160" }, // pixels that the backbone is run at
    steps: { type: "string", default: "200" }, // of fine-tuning
    batch: { type: "string", default: "64" },
    rate: { type: "string", default: "0.003" }, // for batches of 512
    "zero-head": { type: "boolean", default: false }, // fine-tune from BiT's zeros, not from the probe
  },
});
if (args.data === undefined || args.backbone === undefined) {
  throw new Error("teach-flowers: expected --data <folder or archive> and --backbone <model.json>");
}
const [size, steps, batchSize] = [args.size, args.steps, args.batch].map(Number) as [number, number, number];
const say = (line: string) => process.stdout.write(`${line}\n`);
const percent = (share: unknown) => `${(100 * Number(share)).toFixed(1)}%`;

/** A layers model for pictures of another size than it was saved for: all its layers are convolutions. */
async function openBackbone(file: string): Promise<tfl.LayersModel> {
  const text = readFileSync(file, "utf8").replace(
    /"batch_input_shape":\s*\[null,\s*\d+,\s*\d+,\s*3\]/,
    () => {
      return `"batch_input_shape": [null, ${size}, ${size}, 3]`;
    },
  );
  const artifacts = await tf.io.getModelArtifactsForJSON(JSON.parse(text), async (manifest) => {
    const shards = manifest
      .flatMap(({ paths }) => paths)
      .map((path) => readFileSync(join(dirname(file), path)));
    return [manifest.flatMap(({ weights }) => weights), new Uint8Array(Buffer.concat(shards)).buffer];
  });
  return tfl.loadLayersModel(tf.io.fromMemory(artifacts));
}

say(`${await startBackend("wasm").then(() => tf.getBackend())}, Node ${process.versions.node}`);
const { train, validation } = splitFlowers(await openFlowers(args.data));
const classes = train.classNames.length;
const whole = { imageSize: size, batchSize: 32, training: false, workers: 1 };
const validationData = imageSource(validation, whole);
const backbone = featuresOf(await openBackbone(args.backbone));

let began = performance.now();
const seconds = () => `${((performance.now() - began) / 1000).toFixed(0)} s`;
const once = imageSource(train, whole);
let lastSaid = 0;
const probed = await linearProbe(backbone, once, {
  classes,
  validationData,
  onFeatures(samples, of) {
    if (samples - lastSaid < 500 && samples < of) return;
    lastSaid = samples;
    say(`features ${samples}/${of} after ${seconds()}`);
  },
});
await once.close();
const accuracies = probed.history.history.val_accuracy as number[];
say(`probe at ${size}²: validation ${percent(accuracies.at(-1))}, ${seconds()} in all`);

const rule = hyperRule({ size: train.size, batchSize, steps, baseLearningRate: Number(args.rate) });
const source = imageSource(train, {
  ...{ imageSize: size, batchSize, training: true, seed: 42, workers: 1 },
  margin: Math.round((size * (rule.resize - rule.crop)) / rule.crop),
});
const head = probed.model.layers.at(-1)!;
if (args["zero-head"]) head.setWeights(head.getWeights().map((weight) => tf.zerosLike(weight)));
began = performance.now();
let step = 0;
const history = await fineTune(probed.model, source, {
  ...{ rule, validationData, microBatchSize: 8 },
  callbacks: {
    onBatchEnd: async (_, logs) => {
      step += 1;
      if (step % 10 === 0) say(`step ${step}/${steps} after ${seconds()}: loss ${logs?.loss?.toFixed(3)}`);
    },
    onEpochEnd: async (epoch, logs) => {
      say(`epoch ${epoch + 1}: validation ${percent(logs?.val_accuracy)} after ${seconds()}`);
    },
  },
});
const tuned = history.history.val_accuracy as number[];
say(
  `fine-tuned at ${size}², ${steps} steps of ${batchSize}: validation ${percent(tuned.at(-1))}, ${seconds()}`,
);
await Promise.all([source.close(), validationData.close()]);
