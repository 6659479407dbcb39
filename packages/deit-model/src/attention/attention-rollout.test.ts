import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { erf, largestDifference, stir } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { ClassTokens, FirstTokens, PatchEmbedding, transformerBlock } from "vit-blocks";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type AttentionMaps,
  type AttentionRolloutOptions,
  attentionMaps,
  attentionRollout,
  averageHeads,
  deit,
  type VitConfig,
  vit,
} from "../index.ts";

/** Absolute; float32 through three blocks, numbers of at most 1. */
const TOLERANCE = 1e-5;

const tiny: VitConfig = {
  imageSize: [16, 24],
  patchSize: 8,
  dim: 12,
  depth: 3,
  heads: 3,
  headDim: 5,
  mlpRatio: 2,
  classes: 4,
  dropPathRate: 0.5,
  dropRate: 0.3,
  attnDropRate: 0.3,
};
const ROLLOUTS: AttentionRolloutOptions[] = [
  {},
  { headFusion: "max" },
  { headFusion: "min" },
  { discardRatio: 0.5 },
  { headFusion: "max", discardRatio: 0.9 },
];

function images(batch: number): tf.Tensor4D {
  return tf.randomUniform([batch, 16, 24, 3], 0, 1, "float32", 1);
}

/** A model whose weights are away from their first values, so that tokens differ and look at different places. */
function stirred(build: typeof vit, config: VitConfig): tfl.LayersModel {
  const model = build(config);
  stir(model, 0.5);
  return model;
}

/** A model around a model. */
function inside(model: tfl.LayersModel): tfl.LayersModel {
  const inputs = tfl.input({ shape: [16, 24, 3] });
  return tfl.model({ inputs, outputs: model.apply(inputs) as tfl.SymbolicTensor[] });
}

async function reloaded(model: tfl.LayersModel): Promise<tfl.LayersModel> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    }),
  );
  const modelTopology = JSON.parse(JSON.stringify(artifacts!.modelTopology));
  return tfl.loadLayersModel(tf.io.fromMemory({ ...artifacts!, modelTopology }));
}

// The reference: plain loops in float64 over one image, every token asking in every block.

type Matrix = number[][]; // [rows][columns]

/** Probabilities of each block, `[blocks][heads][tokens][tokens]`, from a model's weights by their names. */
function referenceMaps(model: tfl.LayersModel, config: VitConfig, image: tf.Tensor3D): Matrix[][] {
  const values = new Map(model.weights.map((w) => [w.originalName, [...w.read().dataSync()]]));
  const weight = (name: string) => values.get(name)!;
  const { dim, depth, heads, headDim = dim / heads, patchSize: p } = config;
  const pixels = image.arraySync();
  const patches: Matrix = [];
  for (let top = 0; top < pixels.length; top += p) {
    for (let left = 0; left < pixels[0]!.length; left += p) {
      patches.push(pixels.slice(top, top + p).flatMap((row) => row.slice(left, left + p).flat()));
    }
  }
  const product = (x: Matrix, name: string): Matrix => {
    const kernel = weight(`${name}kernel`);
    const bias = weight(`${name}bias`);
    return x.map((row) =>
      bias.map((b, j) => row.reduce((sum, v, i) => sum + v * kernel[i * bias.length + j]!, b)),
    );
  };
  const norm = (x: Matrix, name: string): Matrix =>
    x.map((row) => {
      const mean = row.reduce((sum, v) => sum + v, 0) / dim;
      const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / dim;
      const rstd = 1 / Math.sqrt(variance + 1e-6);
      return row.map((v, j) => (v - mean) * rstd * weight(`${name}/gamma`)[j]! + weight(`${name}/beta`)[j]!);
    });
  const sum = (x: Matrix, y: Matrix): Matrix => x.map((row, t) => row.map((v, j) => v + y[t]![j]!));

  const classTokens = ["tokens/cls_token", "tokens/dist_token"]
    .filter((name) => values.has(name))
    .map(weight);
  const position = weight("position/pos_embed");
  let x = [...classTokens, ...product(patches, "patch_embed.proj/")];
  x = x.map((row, t) => row.map((v, j) => v + position[t * dim + j]!));
  const all: Matrix[][] = [];
  for (let block = 0; block < depth; block++) {
    const at = `blocks.${block}`;
    const qkv = product(norm(x, `${at}.norm1`), `${at}.attn/qkv.`);
    const part = (token: number, which: number, head: number) => {
      const start = (which * heads + head) * headDim;
      return qkv[token]!.slice(start, start + headDim);
    };
    const maps = Array.from({ length: heads }, (_, head) =>
      x.map((_, query) => {
        const q = part(query, 0, head);
        const scores = x.map((_, key) =>
          Math.exp(part(key, 1, head).reduce((dot, k, i) => dot + k * q[i]!, 0) / Math.sqrt(headDim)),
        );
        const total = scores.reduce((a, b) => a + b, 0);
        return scores.map((score) => score / total);
      }),
    );
    const mixed = x.map((_, query) =>
      maps.flatMap((map, head) =>
        Array.from({ length: headDim }, (_, i) =>
          map[query]!.reduce((total, share, key) => total + share * part(key, 2, head)[i]!, 0),
        ),
      ),
    );
    x = sum(x, product(mixed, `${at}.attn/proj.`));
    const hidden = product(norm(x, `${at}.norm2`), `${at}.mlp/fc1.`);
    const bent = hidden.map((row) => row.map((v) => (v * (1 + erf(v / Math.SQRT2))) / 2));
    x = sum(x, product(bent, `${at}.mlp/fc2.`));
    all.push(maps);
  }
  return all;
}

/** All rows of the product of all blocks, whole matrices; then the asked row without its class tokens. */
function referenceRollout(
  maps: Matrix[][],
  row: number,
  classTokens: number,
  { headFusion = "mean", discardRatio = 0 }: AttentionRolloutOptions,
): number[] {
  const fuse = {
    mean: (p: number[]) => p.reduce((a, b) => a + b, 0) / p.length,
    max: (p: number[]) => Math.max(...p),
    min: (p: number[]) => Math.min(...p),
  }[headFusion];
  const tokens = maps[0]![0]!.length;
  let product: Matrix = Array.from({ length: tokens }, (_, i) =>
    Array.from({ length: tokens }, (_, j) => Number(i === j)),
  );
  for (const heads of maps) {
    const step = product.map((_, i) => {
      const fused = product.map((_, j) => fuse(heads.map((map) => map[i]![j]!)));
      const bound = [...fused].sort((a, b) => a - b)[Math.floor(discardRatio * tokens)]!;
      const mixed = fused.map((v, j) => 0.5 * (v >= bound ? v : 0) + 0.5 * Number(i === j));
      const total = mixed.reduce((a, b) => a + b, 0);
      return mixed.map((v) => v / total);
    });
    product = step.map((weights) =>
      weights.map((_, j) => weights.reduce((total, w, k) => total + w * product[k]![j]!, 0)),
    );
  }
  return product[row]!.slice(classTokens);
}

const oneImage = (x: tf.Tensor4D, i: number): tf.Tensor3D =>
  tf.squeeze(tf.slice(x, [i, 0, 0, 0], [1, -1, -1, -1]), [0]);

/**
 * A distilled model of two blocks and 2 × 3 patches whose attention is known: the class token looks at patch 1, the
 * distillation token at patch 3, patch 1 at patch 5, patch 3 at patch 0. Blocks change no token.
 */
function engineered(): tfl.LayersModel {
  const model = deit({ ...tiny, depth: 2, heads: 1, headDim: 4, dim: 8 });
  const looks = [
    [0, 2 + 1],
    [1, 2 + 3],
    [2 + 1, 2 + 5],
    [2 + 3, 2 + 0],
  ] as const;
  for (const weight of model.weights) {
    const name = weight.originalName;
    const values = tf.buffer(weight.shape as number[]);
    if (name.endsWith("pos_embed")) for (let t = 0; t < 8; t++) values.set(1, 0, t, t);
    if (name.endsWith("gamma")) for (let t = 0; t < 8; t++) values.set(1, t);
    if (name.endsWith("qkv.kernel")) {
      for (const [channel, [query, key]] of looks.entries()) {
        values.set(30, query, channel); // q: a token's own channel
        values.set(30, key, 4 + channel); // k: who answers on it
      }
    }
    weight.write(values.toTensor());
  }
  return model;
}

describe.each(BACKENDS)("attention maps and rollout on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test.each([
    ["vit", vit, {}],
    ["deit", deit, {}],
    ["deit with one head", deit, { heads: 1 }],
    ["deit of dim / heads", deit, { headDim: undefined }],
    ["deit with allTokens", deit, { allTokens: true }],
    ["deit of one block", deit, { depth: 1 }],
  ])("equal the plain reference: %s", (_, build, change) => {
    const config = { ...tiny, ...change } as VitConfig;
    const model = stirred(build, config);
    const x = images(2);
    const maps = attentionMaps(model, x);
    const { classTokens } = maps;
    expect(maps.grid).toEqual([2, 3]);
    const prefix = classTokens.length;
    const tokens = prefix + 6;
    for (let i = 0; i < 2; i++) {
      const reference = referenceMaps(model, config, oneImage(x, i));
      for (const [layer, p] of maps.layers.entries()) {
        const queries = layer === config.depth - 1 && !config.allTokens ? prefix : tokens;
        expect(p.shape).toEqual([2, config.heads, queries, tokens]);
        const expected = reference[layer]!.flatMap((map) => map.slice(0, queries).flat());
        const actual = tf.slice(p, [i, 0, 0, 0], [1, -1, -1, -1]);
        expect(largestDifference(actual, expected)).toBeLessThan(TOLERANCE);
        expect(largestDifference(tf.sum(actual, -1), tf.ones([1, config.heads, queries]))).toBeLessThan(
          TOLERANCE,
        );
      }
      for (const [row, token] of classTokens.entries()) {
        for (const options of ROLLOUTS) {
          const grids = attentionRollout(maps, { ...options, token });
          expect(grids.shape).toEqual([2, 2, 3]);
          const expected = referenceRollout(reference, row, prefix, options);
          expect(largestDifference(tf.slice(grids, [i, 0, 0], [1, -1, -1]), expected)).toBeLessThan(
            TOLERANCE,
          );
        }
      }
    }
  });

  test("are known by hand where attention is: the tokens are not swapped and the offset is two", () => {
    const model = engineered();
    const source = { model, images: images(1) };
    const classMap = attentionMaps(model, source.images).layers[1]!;
    const looking = [0, 0, 0, 1, 0, 0, 0, 0, /* distillation */ 0, 0, 0, 0, 0, 1, 0, 0];
    expect(largestDifference(classMap, looking)).toBeLessThan(TOLERANCE);
    // The last block gives half to itself, half to patch 1; each keeps half and gives half to where it looks.
    expect(largestDifference(attentionRollout(source), [0, 0.5, 0, 0, 0, 0.25])).toBeLessThan(TOLERANCE);
    const distilled = attentionRollout(source, { token: "distillation" });
    expect(largestDifference(distilled, [0.25, 0, 0, 0.5, 0, 0])).toBeLessThan(TOLERANCE);
  });

  test("are the same from maps, alone or in a batch, loaded, averaged, nested, with allTokens", async () => {
    const model = stirred(deit, tiny);
    const full = deit({ ...tiny, allTokens: true });
    full.setWeights(model.getWeights());
    const nested = inside(model);
    const x = images(3);
    const options = { token: "distillation", headFusion: "max", discardRatio: 0.3 } as const;
    const expected = attentionRollout(attentionMaps(model, x), options);
    for (const other of [model, full, await reloaded(model), averageHeads(model), nested]) {
      expect(
        largestDifference(attentionRollout({ model: other, images: x }, options), expected),
      ).toBeLessThan(TOLERANCE);
    }
    for (let i = 0; i < 3; i++) {
      const alone = attentionRollout({ model, images: tf.expandDims(oneImage(x, i)) }, options);
      expect(largestDifference(alone, tf.slice(expected, [i, 0, 0], [1, -1, -1]))).toBeLessThan(TOLERANCE);
    }
  });

  test("both tokens' grids are shares that sum to less than 1 and differ", () => {
    const maps = attentionMaps(stirred(deit, tiny), images(2));
    const grids = (["class", "distillation"] as const).map((token) => attentionRollout(maps, { token }));
    for (const total of tf.sum(tf.stack(grids), [2, 3]).dataSync()) {
      expect(total).toBeGreaterThan(0);
      expect(total).toBeLessThan(1);
    }
    expect(largestDifference(grids[0]!, grids[1]!)).toBeGreaterThan(1e-3);
  });

  test("discarding all but the class token leaves zeros, not NaN", () => {
    const p = tf.tensor4d([0.9, 0.1, 0.8, 0.2], [1, 1, 2, 2]);
    const layout = { classTokens: ["class"], places: [0], prefixTokens: 1, grid: [1, 1] } as const;
    const maps: AttentionMaps = { layers: [p], ...layout };
    expect([...attentionRollout(maps, { discardRatio: 0.9 }).dataSync()]).toEqual([0]);
  });

  test("leave nothing behind but their results, also in a tidy and after an error", () => {
    const model = stirred(deit, tiny);
    const x = images(2);
    const y = model.predict(x) as tf.Tensor[];
    const nested = inside(model); // which tfjs runs twice, once for each output
    const before = tf.memory().numTensors;
    const maps = attentionMaps(nested, x);
    expect(tf.memory().numTensors - before).toBe(tiny.depth);
    const grids = [maps, { model, images: x }].map((source) =>
      attentionRollout(source, { token: "distillation", discardRatio: 0.5 }),
    );
    expect(tf.memory().numTensors - before).toBe(tiny.depth + 2);
    tf.dispose([grids, maps.layers]);
    tf.tidy(() => {
      attentionMaps(model, x);
      attentionRollout({ model, images: x });
    });
    expect(() =>
      attentionMaps(
        model,
        tf.tidy(() => tf.zeros([1, 24, 16, 3])),
      ),
    ).toThrow();
    expect(tf.memory().numTensors - before).toBe(1); // the zeros
    expect((model.predict(x) as tf.Tensor[])[0]!.dataSync()).toEqual(y[0]!.dataSync());
  });
});

describe("what attention maps and rollout refuse", () => {
  beforeAll(async () => {
    await startBackend("cpu");
  });

  const refused = (run: () => unknown, message: string) => {
    const before = tf.memory().numTensors;
    expect(run).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  };

  test("models without attention, without patches, and images of another size", () => {
    const x = images(1);
    const dense = tfl.sequential({ layers: [tfl.layers.flatten({ inputShape: [16, 24, 3] })], name: "flat" });
    const message = "the model must have a layer MultiHeadSelfAttention, got none in 'flat'";
    refused(() => attentionMaps(dense, x), `attentionMaps: ${message}`);
    refused(() => attentionRollout({ model: dense, images: x }), `attentionRollout: ${message}`);
    const wide = tf.zeros([1, 16, 16, 3]);
    const model = vit(tiny);
    refused(
      () => attentionMaps(model, wide),
      "attentionMaps: images must be [batch,16,24,3], got [1,16,16,3]",
    );
  });

  test("models that apply a block twice", () => {
    const block = transformerBlock({ name: "block", tokens: 7, dim: 4, heads: 1 });
    const layers = [new PatchEmbedding({ patchSize: 8, dim: 4 }), new ClassTokens(), block, block];
    const inputs = tfl.input({ shape: [16, 24, 3] });
    const outputs = layers.reduce((x, layer) => layer.apply(x) as tfl.SymbolicTensor, inputs);
    const source = { model: tfl.model({ inputs, outputs }), images: images(1) };
    refused(
      () => attentionRollout(source),
      "attentionRollout: the model must apply 'block' once, got 2 times",
    );
  });

  test("models that lose tokens between blocks", () => {
    const inputs = tfl.input({ shape: [16, 24, 3] });
    const layers = [
      new PatchEmbedding({ patchSize: 8, dim: 4 }),
      new ClassTokens(),
      new FirstTokens({ count: 4 }),
      transformerBlock({ name: "block", tokens: 4, dim: 4, heads: 1 }),
    ];
    const outputs = layers.reduce((x, layer) => layer.apply(x) as tfl.SymbolicTensor, inputs);
    const source = { model: tfl.model({ inputs, outputs }), images: images(1) };
    refused(
      () => attentionRollout(source),
      "attentionRollout: attention must see 6 patches and 1 class tokens at least, got 4 tokens",
    );
  });

  test("tokens that the model lacks and options out of range", () => {
    const source = { model: vit(tiny), images: images(1) };
    const rollout = (options: object) => () => attentionRollout(source, options);
    refused(
      rollout({ token: "distillation" }),
      "attentionRollout: token must be 'class' for this model, got 'distillation'",
    );
    refused(rollout({ token: "cls" }), "attentionRollout: token must be 'class' for this model, got 'cls'");
    refused(
      rollout({ headFusion: "sum" }),
      'attentionRollout: headFusion must be "mean" or "max" or "min", got \'sum\'',
    );
    for (const ratio of [1, -0.1, Number.NaN]) {
      refused(
        rollout({ discardRatio: ratio }),
        `attentionRollout: discardRatio must be in [0, 1), got ${ratio}`,
      );
    }
  });

  test("maps that do not fit each other", () => {
    const maps = attentionMaps(deit(tiny), images(1));
    const [first, , last] = maps.layers as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    const rollout = (layers: tf.Tensor4D[]) => () => attentionRollout({ ...maps, layers });
    refused(rollout([]), "attentionRollout: maps must have a layer, got none");
    refused(
      rollout([last, first]),
      "attentionRollout: the map of layer 1 must have 1 images, 2...2 queries and 2 tokens, got [1,3,8,8]",
    );
  });
});
