import type * as tfl from "@tensorflow/tfjs-layers";
import { averageHeads, deit, type VitConfig, vit } from "deit-model";
import { type Case, layerCase, noise } from "../case.ts";
import { type Array64, map, zip } from "../float64/array.ts";
import * as f64 from "../float64/deit.ts";

const SMALL: VitConfig = {
  imageSize: 4,
  patchSize: 2,
  dim: 6,
  depth: 2,
  heads: 2,
  headDim: 4,
  mlpRatio: 2,
  classes: 3,
};
const RATES = { dropPathRate: 0.5, dropRate: 0.2, attnDropRate: 0.3 };
const KEYS = [7, 8];

/** Small models of `deit-model`, every weight's gradient. */
export const models: readonly Case[] = [
  modelCase({ op: "deit-model: vit", config: SMALL, distilled: false, make: () => vit(SMALL) }),
  modelCase({ op: "deit-model: deit", config: SMALL, distilled: true, make: () => deit(SMALL) }),
  modelCase({
    op: "deit-model: deit in training, with dropout and stochastic depth",
    config: { ...SMALL, ...RATES },
    distilled: true,
    keys: KEYS,
    make: () => deit({ ...SMALL, ...RATES }),
  }),
  modelCase({
    op: "deit-model: averageHeads",
    config: SMALL,
    distilled: true,
    make: () => averageHeads(deit(SMALL)),
    outputs: ([cls, dist]) => zip(cls!, dist!, (a, b) => (a + b) / 2),
  }),
];

/** Weights for a model, each with its name. */
export function weightsFor(config: VitConfig, distilled: boolean, seed: number): Map<string, Array64> {
  return new Map(
    f64.weightShapes(config, distilled).map(([name, shape], i) => {
      return [name, map(noise(shape, seed + i), (v) => Math.fround(v * 0.7))];
    }),
  );
}

function modelCase({
  op,
  config,
  distilled,
  make,
  keys,
  outputs = sideBySide,
}: {
  op: string;
  config: VitConfig;
  distilled: boolean;
  make: () => tfl.LayersModel;
  keys?: readonly number[];
  outputs?: (heads: Array64[]) => Array64;
}): Case {
  const weights = weightsFor(config, distilled, 100);
  const names = [...weights.keys()];
  return layerCase({
    op,
    inputs: [noise([2, 4, 4, 3], 1), ...weights.values()],
    differentiable: Array.from({ length: names.length }, (_, i) => i + 1),
    make,
    kwargs: keys === undefined ? {} : { training: true, sampleKeys: keys },
    reference: (images, ...values) =>
      outputs(f64.vit(images!, (name) => values[names.indexOf(name)]!, config, distilled, keys)),
  });
}

/** The heads' logits, row by row. */
function sideBySide(heads: Array64[]): Array64 {
  const [rows, classes] = heads[0]!.shape as [number, number];
  const data = new Float64Array(rows * classes * heads.length);
  heads.forEach((head, which) => {
    head.data.forEach((v, i) => {
      data[(Math.floor(i / classes) * heads.length + which) * classes + (i % classes)] = v;
    });
  });
  return { shape: [rows, classes * heads.length], data };
}
