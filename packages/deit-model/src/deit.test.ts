import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { KeptSamples, linearDropRates } from "stochastic-depth";
import { largestDifference, stir } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { averageHeads, config, deit, timmName, type VitConfig, vit } from "./index.ts";

const tiny: VitConfig = {
  imageSize: [16, 24],
  patchSize: 8,
  dim: 12,
  depth: 2,
  heads: 3,
  headDim: 5,
  mlpRatio: 2,
  classes: 4,
  dropPathRate: 0.5,
};

function images(batch: number, seed = 1): tf.Tensor4D {
  return tf.randomUniform([batch, 16, 24, 3], 0, 1, "float32", seed);
}

function variables(model: tfl.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}

function logits(model: tfl.LayersModel, x: tf.Tensor, kwargs = {}): tf.Tensor[] {
  return [model.apply(x, kwargs)].flat() as tf.Tensor[];
}

describe("parameter counts", () => {
  beforeAll(async () => {
    await startBackend("cpu");
  });

  // FACTS of Keras and timm builds: head 192 is the Keras example, 64 is DeiT-Ti
  test.each([
    ["deit, keras, 5 classes", () => deit({ ...config.keras, classes: 5 }), 9_079_498],
    ["vit, keras, 5 classes", () => vit({ ...config.keras, classes: 5 }), 9_078_149],
    ["deit, keras, 1000 classes", () => deit({ ...config.keras, classes: 1000 }), 9_463_568],
    ["vit, keras, 1000 classes", () => vit({ ...config.keras, classes: 1000 }), 9_270_184],
    ["deit, tiny, 5 classes", () => deit({ ...config.deitTiny, classes: 5 }), 5_526_730],
    ["vit, tiny, 5 classes", () => vit({ ...config.deitTiny, classes: 5 }), 5_525_381],
    ["deit, tiny, 1000 classes", () => deit({ ...config.deitTiny, classes: 1000 }), 5_910_800],
    ["vit, tiny, 1000 classes", () => vit({ ...config.deitTiny, classes: 1000 }), 5_717_416],
    ["deit, small, 1000 classes", () => deit({ ...config.deitSmall, classes: 1000 }), 22_436_432],
  ])("%s", (_, build, expected) => {
    const model = build();
    expect(model.countParams()).toBe(expected);
    model.dispose();
  });

  test("a distilled tiny model has timm's 155 tensors", () => {
    const model = deit({ ...config.deitTiny, classes: 5 });
    const names = model.weights.map((weight) => timmName(weight.originalName));
    expect(new Set(names).size).toBe(155);
    for (const name of [
      "cls_token",
      "dist_token",
      "pos_embed",
      "patch_embed.proj.weight",
      "blocks.11.norm1.bias",
      "blocks.0.attn.qkv.weight",
      "blocks.3.mlp.fc2.bias",
      "norm.weight",
      "head.weight",
      "head_dist.bias",
    ]) {
      expect(names).toContain(name);
    }
    model.dispose();
  });
});

test("names of timm's: LayerScale and registers", () => {
  expect(timmName("blocks.0.ls1/gamma")).toBe("blocks.0.ls1.gamma");
  expect(timmName("blocks.0.norm1/gamma")).toBe("blocks.0.norm1.weight");
  expect(timmName("registers/reg_token")).toBe("reg_token");
});

describe("config errors", () => {
  test.each([
    [{ patchSize: 5 }, "deit: patchSize must divide the image 16x24, got 5"],
    [{ headDim: undefined, heads: 5 }, "deit: heads must divide dim 12 where no headDim is given, got 5"],
    [{ depth: 0 }, "deit: depth must be an integer >= 1, got 0"],
    [{ classes: 2.5 }, "deit: classes must be an integer >= 0, got 2.5"],
    [{ dropPathRate: 1 }, "deit: dropPathRate must be in [0, 1), got 1"],
    [{ epsilon: 0 }, "deit: epsilon must be a finite number > 0, got 0"],
    [{ init: "torch" }, 'deit: init must be "keras" or "timm", got \'torch\''],
    [{ dropPath: 0.2 }, "deit: unknown option 'dropPath'; did you mean 'dropPathRate'?"],
    [{ registers: 4 }, "deit: unknown option 'registers'; known: imageSize, "],
    [{ layerScale: 1e-5 }, "deit: unknown option 'layerScale'"],
    [{ imageSize: [16] }, "deit: imageSize must be an integer >= 1 or [height, width], got [16]"],
    [{ mlpRatio: 1.01 }, "deit: hiddenDim, dim times mlpRatio, must be an integer, got 12.12"],
    [{ seed: -1 }, "deit: seed must be an integer in [0, 2^32), got -1"],
  ])("%j names what is wrong and allocates nothing", (change, message) => {
    const before = tf.memory().numTensors;
    expect(() => deit({ ...tiny, ...change } as VitConfig)).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("averageHeads refuses a model with one head", () => {
    expect(() => averageHeads(vit(tiny))).toThrow(
      "averageHeads: the model must have two outputs of one shape, got [batch,4]",
    );
  });
});

describe.each(BACKENDS)("models on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test.each([
    ["vit", vit],
    ["deit", deit],
  ])("the gradient of %s reaches every variable", (_, build) => {
    const model = build({ ...tiny, dropPathRate: 0 });
    stir(model, 0.3);
    const x = images(2);
    const { grads } = tf.variableGrads(() => {
      const squares = logits(model, x, { training: true }).map((y) => tf.sum(tf.square(y)));
      return tf.addN(squares) as tf.Scalar;
    }, variables(model));
    for (const variable of variables(model)) {
      const gradient = grads[variable.name];
      expect(gradient, variable.name).toBeDefined();
      expect(tf.max(tf.abs(gradient!)).dataSync()[0], variable.name).toBeGreaterThan(1e-6);
    }
  });

  test("computing the class tokens alone in the last block changes nothing", () => {
    const short = deit(tiny);
    const full = deit({ ...tiny, allTokens: true });
    stir(short, 0.3);
    full.setWeights(short.getWeights());
    const x = images(2);
    for (const [i, y] of logits(short, x).entries()) {
      const difference = largestDifference(y, logits(full, x)[i]!);
      expect(difference).toBeLessThan(1e-5); // float32, two blocks, logits of size 1
    }
  });

  test("averageHeads is the mean of the logits over the same weights", () => {
    const model = deit(tiny);
    stir(model, 0.3);
    const mean = averageHeads(model);
    const x = images(1);
    const check = () => {
      const [a, b] = logits(model, x) as [tf.Tensor, tf.Tensor];
      expect(logits(mean, x)[0]!.dataSync()).toEqual(tf.div(tf.add(a, b), 2).dataSync());
    };
    check();
    stir(model, 0.3);
    check();
  });

  test("equal seeds give equal weights, other seeds others", () => {
    const all = (seed: number) =>
      deit({ ...tiny, seed })
        .getWeights()
        .map((w) => [...w.dataSync()]);
    expect(all(1)).toEqual(all(1));
    expect(all(1)).not.toEqual(all(2));
  });

  test("a sample's training output depends on its key, not on the batch around it", () => {
    const model = deit({ ...tiny, dropRate: 0.2, attnDropRate: 0.2 });
    stir(model, 0.3);
    const x = images(4);
    const sampleKeys = Uint32Array.of(11, 22, 33, 44);
    const whole = logits(model, x, { training: true, sampleKeys })[0]!;
    const part = logits(model, tf.slice(x, [2, 0, 0, 0], [2, -1, -1, -1]), {
      training: true,
      sampleKeys: sampleKeys.subarray(2),
    })[0]!;
    const difference = largestDifference(tf.slice(whole, [2, 0], [2, -1]), part);
    expect(difference).toBeLessThan(1e-4);
    const other = logits(model, x, { training: true, sampleKeys: Uint32Array.of(1, 2, 3, 4) })[0]!;
    expect(largestDifference(whole, other)).toBeGreaterThan(1e-3);
  });

  test("stochastic depth grows linearly and the first block has none", () => {
    const model = deit({ ...tiny, depth: 3, dropPathRate: 0.2 });
    const rates = linearDropRates(3, 0.2).map((rate, i) => {
      const layers = (model.getLayer(`blocks.${i}`) as tfl.LayersModel).layers;
      const drops = layers.filter((layer) => layer instanceof KeptSamples);
      expect(drops.map((layer) => layer.dropProb)).toEqual(rate === 0 ? [] : [rate, rate]);
      return rate;
    });
    expect(rates).toEqual([0, 0.1, 0.2]);
  });

  test.each([
    ["vit", vit],
    ["deit", deit],
  ])("%s survives save and load", async (_, build) => {
    const model = build({ ...tiny, init: "timm", attnDropRate: 0.1, dropRate: 0.1 });
    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts = saved;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
      }),
    );
    const topology = JSON.parse(JSON.stringify(artifacts!.modelTopology));
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory({ ...artifacts!, modelTopology: topology }));
    const x = images(2);
    const sampleKeys = Uint32Array.of(5, 6);
    for (const kwargs of [{}, { training: true, sampleKeys }]) {
      const expected = logits(model, x, kwargs).map((y) => [...y.dataSync()]);
      expect(logits(loaded, x, kwargs).map((y) => [...y.dataSync()])).toEqual(expected);
    }
    expect(loaded.outputNames).toEqual(model.outputNames);
    expect(loaded.weights.map((w) => w.originalName)).toEqual(model.weights.map((w) => w.originalName));
  });

  test("trains by plain model.fit and prints a summary", async () => {
    const model = vit({ ...tiny, dropPathRate: 0.1 });
    const lines: string[] = [];
    model.summary(100, undefined, (line: string) => lines.push(line));
    expect(lines.join("\n")).toContain("blocks.1");
    model.compile({ optimizer: tf.train.adam(0.01), loss: (y, p) => tf.losses.softmaxCrossEntropy(y, p) });
    const y = tf.oneHot(tf.tensor1d([0, 1, 2, 3], "int32"), 4);
    const { history } = await model.fit(images(4), y, { epochs: 12, batchSize: 4, verbose: 0 });
    const losses = history.loss as number[];
    expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.9);
  });

  test("forward and backward passes leave no tensor behind", () => {
    const model = deit({ ...tiny, dropRate: 0.1 });
    const x = images(2);
    const sampleKeys = Uint32Array.of(1, 2);
    const step = () => {
      tf.dispose(model.predict(x) as tf.Tensor[]);
      const { value, grads } = tf.variableGrads(
        () => tf.addN(logits(model, x, { training: true, sampleKeys }).map((y) => tf.sum(y))) as tf.Scalar,
        variables(model),
      );
      tf.dispose([value, ...Object.values(grads)]);
    };
    step();
    const before = tf.memory().numTensors;
    step();
    step();
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
    model.dispose();
  });

  test("disposing a model frees its weights", () => {
    const before = tf.memory().numTensors;
    deit(tiny).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("one patch, batch 1 and depth 1 work", () => {
    const model = deit({ ...tiny, imageSize: 8, depth: 1 });
    expect(logits(model, tf.ones([1, 8, 8, 3])).map((y) => y.shape)).toEqual([
      [1, 4],
      [1, 4],
    ]);
  });
});
