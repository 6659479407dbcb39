import * as tf from "@tensorflow/tfjs-core";
import * as optim from "tfjs-optim";
import { type Case, noise, opCase } from "../case.ts";
import { adamW } from "../float64/adamw.ts";
import { type Array64, joined, map, total } from "../float64/array.ts";

/** Gradient transforms and the optimizer of `tfjs-optim`. */
export const tfjsOptim: readonly Case[] = [
  opCase({
    op: "tfjs-optim: globalNorm",
    inputs: [noise([3, 5], 5), noise([4], 6)],
    run: (a, b) => optim.globalNorm({ a: a!, b: b! }),
    reference: (a, b) => norm(a!, b!),
  }),
  opCase({
    op: "tfjs-optim: clipByGlobalNorm",
    inputs: [noise([3, 5], 7), noise([4], 8)],
    run: (a, b) => {
      const clipped = optim.clipByGlobalNorm(0.5).apply({ a: a!, b: b! });
      return tf.concat([tf.reshape(clipped.a!, [-1]), clipped.b!]);
    },
    reference: (a, b) => {
      const size = norm(a!, b!).data[0]!;
      return map(joined(a!, b!), (v) => v * Math.min(1, 0.5 / (size + 1e-6)));
    },
  }),
  ...Object.entries(optim.ADAMW_SEMANTICS).map(([name, semantics]) => {
    const options = { learningRate: 0.01, weightDecay: 0.1, beta1: 0.9, beta2: 0.999, ...semantics };
    const step = optim.adamWStep(3, options);
    return opCase({
      op: `tfjs-optim: AdamW, the third step, ${name}`,
      inputs: [9, 10, 11, 12].map((seed) => map(noise([37], seed), seed === 11 ? Math.abs : Number)),
      differentiable: [],
      run: (value, m, v, gradient) => {
        // The moments are given away.
        const state = { value: value!, m: tf.clone(m!), v: tf.clone(v!), gradient: gradient!, decays: true };
        const [next] = optim.adamWUpdate([state], step);
        return tf.concat([next!.value, next!.m, next!.v]);
      },
      reference: (value, m, v, gradient) =>
        joined(...adamW({ value: value!, m: m!, v: v!, gradient: gradient! }, 3, options)),
    });
  }),
];

function norm(...arrays: Array64[]): Array64 {
  const squares = joined(...arrays).data.map((v) => v ** 2);
  return { shape: [], data: Float64Array.of(Math.sqrt(total(squares))) };
}
