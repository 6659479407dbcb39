// How far a linear classifier on raw pixels gets on the procedural flowers (chance: 20%):
//   node --import tsx --conditions=@deit/source packages/flowers-data/scripts/linear-baseline.ts
import { proceduralFlowers } from "flowers-data/node";
import type { SampleStore } from "image-source";

const [TRAIN, TEST, SIZE, EPOCHS, CLASSES] = [2000, 500, 48, 40, 5];
const INPUTS = SIZE * SIZE * 3;

/** Logits of one picture, pixels in −1…1. */
function logitsOf(weights: Float32Array, bias: Float32Array, pixels: Float32Array): number[] {
  return Array.from({ length: CLASSES }, (_, c) => {
    let sum = bias[c]!;
    for (let i = 0; i < INPUTS; i++) sum += weights[c * INPUTS + i]! * pixels[i]!;
    return sum;
  });
}

function accuracy(
  store: SampleStore,
  pixels: Float32Array[],
  weights: Float32Array,
  bias: Float32Array,
): number {
  const right = pixels.filter((x, i) => {
    const logits = logitsOf(weights, bias, x);
    return logits.indexOf(Math.max(...logits)) === store.labels[i];
  });
  return right.length / store.size;
}

const started = performance.now();
const all = await proceduralFlowers({ count: TRAIN + TEST, size: SIZE, seed: 42 });
process.stdout.write(`drawn: ${TRAIN + TEST} in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const [train, test] = [all.subset(range(0, TRAIN)), all.subset(range(TRAIN, TRAIN + TEST))];
const pixelsOf = (store: SampleStore): Float32Array[] =>
  range(0, store.size).map((i) => Float32Array.from(store.bytesOf(i), (v) => v / 127.5 - 1));
const [trainPixels, testPixels] = [pixelsOf(train), pixelsOf(test)];

// Multinomial logistic regression by stochastic gradient descent, its rate falling to zero; best test accuracy is shown too.
const [weights, bias] = [new Float32Array(CLASSES * INPUTS), new Float32Array(CLASSES)];
let best = 0;
for (let epoch = 0; epoch < EPOCHS; epoch++) {
  const rate = 4e-5 * (1 - epoch / EPOCHS);
  trainPixels.forEach((x, row) => {
    const logits = logitsOf(weights, bias, x);
    const top = Math.max(...logits);
    const exps = logits.map((logit) => Math.exp(logit - top));
    const sum = exps.reduce((a, b) => a + b);
    for (let c = 0; c < CLASSES; c++) {
      const step = rate * (exps[c]! / sum - Number(train.labels[row] === c));
      bias[c]! -= step;
      for (let i = 0; i < INPUTS; i++) weights[c * INPUTS + i]! -= step * x[i]!;
    }
  });
  best = Math.max(best, accuracy(test, testPixels, weights, bias));
}
process.stdout.write(
  `train ${accuracy(train, trainPixels, weights, bias)}, test ${accuracy(test, testPixels, weights, bias)}, best ${best}\n`,
);
