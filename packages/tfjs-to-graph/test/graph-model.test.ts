import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { deit, vit } from "deit-model";
import { modelFolder } from "named-weights/node";
import { startBackend } from "tfjs-backends";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type ToGraphModelOptions, toGraphModel } from "../src/index.ts";
import { saveGraphModel } from "../src/node.ts";
import { ALL } from "./all-models.ts";
import { difference, graphOf, inputsOf, shuffled } from "./compare.ts";
import { after, mobileNet } from "./models.ts";

const { layers } = tfl;
const VIT = { imageSize: 16, patchSize: 4, dim: 12, depth: 2, heads: 3, classes: 5 };
const small = (name = "only"): tfl.LayersModel =>
  tfl.sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name })] });

/** Inputs whose values tfjs' graph executor reads in JavaScript, by node. */
const PARAMETERS: Readonly<Record<string, readonly number[]>> = {
  ...{ Reshape: [1], Transpose: [1], Tile: [1], PadV2: [1, 2], MirrorPad: [1], ReverseV2: [1] },
  ...{
    Slice: [1, 2],
    StridedSlice: [1, 2, 3],
    ConcatV2: [-1],
    SplitV: [1, 2],
    GatherV2: [2],
    ScatterNd: [2],
  },
  ...{ Sum: [1], Mean: [1], Prod: [1], Max: [1], Min: [1], All: [1], Any: [1], ArgMax: [1], ArgMin: [1] },
  ...{ Cumsum: [1], Cumprod: [1], TopKV2: [1], OneHot: [1, 2, 3], ClipByValue: [1, 2], DenseBincount: [1] },
  ...{ Fill: [0, 1], Range: [0, 1, 2], LinSpace: [0, 1, 2], Conv2DBackpropInput: [0], CropAndResize: [3] },
  ...{ ResizeBilinear: [1], ResizeNearestNeighbor: [1], SpaceToBatchND: [1, 2], BatchToSpaceND: [1, 2] },
};

beforeAll(() => startBackend("cpu"));

describe("a graph model", () => {
  test("has the names, types, shapes and order of the layers model's inputs and outputs", async () => {
    const [a, b] = [
      tfl.input({ shape: [4], name: "b/left" }),
      tfl.input({ shape: [2], dtype: "int32", name: "a" }),
    ];
    const wide = layers.embedding({ inputDim: 7, outputDim: 4 }).apply(b) as tfl.SymbolicTensor;
    const sum = layers
      .add({ name: "sum" } as never)
      .apply([a, layers.globalMaxPooling1d({}).apply(wide)] as never);
    const same = layers.dense({ units: 3, name: "same" }).apply(sum) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: [a, b], outputs: [same, sum as tfl.SymbolicTensor, a] });
    const graph = await graphOf(shuffled(model));
    expect(graph.inputs.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ["b/left", "float32", [-1, 4]],
      ["a", "int32", [-1, 2]],
    ]);
    expect(graph.outputs.map(({ name }) => name)).toEqual(["same", "sum", "b/left_1"]);
    const inputs = inputsOf(model, 3);
    expect(difference(model, graph, inputs)).toBeLessThan(1e-6);
    const byName = graph.execute({ "b/left": inputs[0]!, a: inputs[1]! }, ["sum"]) as tf.Tensor;
    expect(byName.shape).toEqual([3, 4]);
    expect(graph.modelSignature).toMatchObject({
      outputs: {
        same: { name: "same:0", dtype: "DT_FLOAT", tensorShape: { dim: [{ size: "-1" }, { size: "3" }] } },
      },
    });
  });

  test("has the layers' weights under their names, each once, with their values", async () => {
    const model = shuffled(vit(VIT));
    const { weights } = await graphOf(model);
    for (const weight of model.weights) {
      const name = weight.originalName;
      const [found] = weights[name] ?? weights[`${name}/reshaped`] ?? weights[`${name}/reshaped_1`] ?? [];
      expect(found, name).toBeDefined();
      expect([...found!.dataSync()]).toEqual([...weight.read().dataSync()]);
    }
    const numbers = Object.values(weights).reduce((sum, [tensor]) => sum + tensor!.size, 0);
    expect(numbers / model.countParams()).toBeLessThan(1.1); // and shapes
  });

  test("of two layers of one name has both", async () => {
    const inner = (units: number): tfl.LayersModel => {
      const model = after(tfl.input({ shape: [3] }), layers.dense({ units, name: "twin" }));
      return model;
    };
    const x = tfl.input({ shape: [3] });
    const outputs = [inner(3).apply(x), inner(3).apply(x)] as tfl.SymbolicTensor[];
    const model = shuffled(
      tfl.model({ inputs: x, outputs: layers.multiply().apply(outputs) as tfl.SymbolicTensor }),
    );
    const graph = await graphOf(model);
    expect(Object.keys(graph.weights)).toEqual(expect.arrayContaining(["twin/kernel", "twin/kernel_1"]));
    expect(difference(model, graph, inputsOf(model, 2))).toBeLessThan(1e-6);
  });

  test("of a layer that serves twice has its weights once", async () => {
    const x = tfl.input({ shape: [3] });
    const shared = layers.dense({ units: 3, name: "shared" });
    const model = shuffled(
      tfl.model({ inputs: x, outputs: shared.apply(shared.apply(x)) as tfl.SymbolicTensor }),
    );
    const graph = await graphOf(model);
    expect(Object.keys(graph.weights).filter((name) => name.startsWith("shared/"))).toEqual([
      "shared/kernel",
      "shared/bias",
    ]);
    expect(difference(model, graph, inputsOf(model, 2))).toBeLessThan(1e-6);
  });

  test("takes an empty batch", async () => {
    const model = deit(VIT);
    const [a, b] = (await graphOf(model)).predict(tf.zeros([0, 16, 16, 3])) as tf.Tensor[];
    expect([a!.shape, b!.shape]).toEqual([
      [0, 5],
      [0, 5],
    ]);
  });

  test("takes pictures of any size where the layers model does", async () => {
    const model = shuffled(mobileNet(null));
    const graph = await graphOf(model);
    for (const [batch, side] of [
      [1, 32],
      [2, 51],
    ] as const)
      expect(difference(model, graph, inputsOf(model, batch, side))).toBeLessThan(1e-6);
    const rows = shuffled(
      after(
        tfl.input({ shape: [null, 4] }) as tfl.SymbolicTensor,
        layers.conv1d({ filters: 3, kernelSize: 3, padding: "same" }),
        layers.dense({ units: 5, activation: "relu" }),
        layers.globalAveragePooling1d({}),
      ),
    );
    expect(difference(rows, await graphOf(rows), inputsOf(rows, 3, 7))).toBeLessThan(1e-6);
  });

  test("doubles pictures of any size, after a convolution that halves them", async () => {
    const model = shuffled(
      after(
        tfl.input({ shape: [null, null, 3] }) as tfl.SymbolicTensor,
        layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same", activation: "relu" }),
        layers.upSampling2d({ size: [2, 3] }),
        layers.conv2d({ filters: 2, kernelSize: 1 }),
      ),
    );
    const graph = await graphOf(model);
    for (const side of [8, 11]) expect(difference(model, graph, inputsOf(model, 2, side))).toBeLessThan(1e-6);
  });

  test("is not made of a model that takes texts", async () => {
    const x = tfl.input({ shape: [3], dtype: "string" });
    const model = tfl.model({
      inputs: x,
      outputs: layers.permute({ dims: [1] }).apply(x) as tfl.SymbolicTensor,
    });
    await expect(toGraphModel(model)).rejects.toThrow(
      /^toGraphModel: inputs must be of float32, int32 or bool, got string of 'input/,
    );
  });

  test("keeps a batch that is fixed", async () => {
    const model = after(tfl.input({ batchShape: [2, 3] }), layers.dense({ units: 2 }));
    expect((await graphOf(model)).inputs[0]!.shape).toEqual([2, 3]);
  });

  test("computes once what depends on weights alone", async () => {
    class Standardized extends tfl.layers.Layer {
      static className = "Standardized";
      #kernel!: tfl.LayerVariable;
      override build(): void {
        this.#kernel = this.addWeight("kernel", [3, 2], "float32", tfl.initializers.ones());
        super.build([]);
      }
      override computeOutputShape(): tfl.Shape {
        return [null, 2];
      }
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => {
          const { mean, variance } = tf.moments(this.#kernel.read(), 0, true);
          const kernel = tf.mul(tf.sub(this.#kernel.read(), mean), tf.rsqrt(tf.add(variance, 1e-6)));
          return tf.matMul([inputs].flat()[0] as tf.Tensor, kernel);
        });
      }
    }
    const model = shuffled(after(tfl.input({ shape: [3] }), new Standardized({ name: "own" })));
    const { modelTopology } = await toGraphModel(model, { outputNames: ["y"] });
    expect((modelTopology as { node: { op: string }[] }).node.map(({ op }) => op)).toEqual([
      "Placeholder",
      "Const",
      "MatMul",
      "Identity",
    ]);
    expect(difference(model, await graphOf(model), inputsOf(model, 2))).toBeLessThan(1e-6);
  });

  test.each(Object.entries(ALL))(
    "has no constant that is both an operand, on a GPU, and read in JavaScript: %s",
    async (_, make) => {
      const { modelTopology } = await toGraphModel(make());
      const { node: nodes } = modelTopology as { node: { name: string; op: string; input?: string[] }[] };
      const constants = new Set(nodes.filter(({ op }) => op === "Const").map(({ name }) => name));
      const uses = new Map<string, Set<boolean>>();
      for (const { name: own, op, input = [] } of nodes) {
        if (own.startsWith("sizes/")) continue; // computed in JavaScript: shapes are not on a GPU
        for (const [at, name] of input.entries()) {
          const isRead = (PARAMETERS[op] ?? []).includes(at - (op === "ConcatV2" ? input.length : 0));
          if (constants.has(name)) uses.set(name, (uses.get(name) ?? new Set()).add(isRead));
        }
      }
      expect([...uses].filter(([, kinds]) => kinds.size > 1)).toEqual([]);
    },
  );

  test("leaves no tensor, backend or kernel behind, in tfjs' debugging mode too", async () => {
    const model = vit(VIT);
    await startBackend("cpu");
    const [{ numTensors, numDataBuffers }, kernels] = [tf.memory(), tf.getKernelsForBackend("cpu").length];
    const before = model.getWeights().map((weight) => [...weight.dataSync()]);
    vi.spyOn(console, "warn").mockReturnValue();
    vi.spyOn(console, "log").mockReturnValue(); // of what is computed of weights
    tf.env().set("DEBUG", true);
    try {
      await toGraphModel(model);
      expect(tf.env().getBool("DEBUG")).toBe(true);
    } finally {
      tf.env().set("DEBUG", false);
      vi.restoreAllMocks();
    }
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    expect([tf.getBackend(), tf.getKernelsForBackend("cpu").length]).toEqual(["cpu", kernels]);
    expect(tf.engine().backendNames()).not.toContain("tfjs-to-graph");
    expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
  });

  test("leaves its outputs only when it has run", async () => {
    const model = deit(VIT);
    const graph = await graphOf(model);
    const images = tf.zeros([2, 16, 16, 3]);
    const before = tf.memory().numTensors;
    const outputs = graph.predict(images) as tf.Tensor[];
    expect(tf.memory().numTensors - before).toBe(outputs.length);
    graph.dispose();
  });

  test("of two models that are converted at once is each its own", async () => {
    const models = [shuffled(small("one")), shuffled(vit(VIT))];
    const graphs = await Promise.all(models.map((model) => graphOf(model)));
    for (const [i, model] of models.entries())
      expect(difference(model, graphs[i]!, inputsOf(model, 2))).toBeLessThan(1e-6);
  });

  test("in float16 has half the bytes, and epsilons whole", async () => {
    const model = shuffled(vit({ ...VIT, dim: 24 }));
    const [whole, half] = [await toGraphModel(model), await toGraphModel(model, { weightDtype: "float16" })];
    const bytes = ({ weightData }: tf.io.ModelArtifacts) => (weightData as ArrayBuffer).byteLength;
    expect(bytes(half) / bytes(whole)).toBeLessThan(0.53);
    const graph = await loadGraphModel(tf.io.fromMemory(half));
    const error = difference(model, graph, inputsOf(model, 2));
    expect(error).toBeGreaterThan(1e-6);
    expect(error).toBeLessThan(5e-3);
    const scalars = half.weightSpecs!.filter(({ shape }) => shape.length === 0);
    expect(scalars.length).toBeGreaterThan(1);
    expect(scalars.every(({ quantization }) => quantization === undefined)).toBe(true);
    model.weights[0]!.write(tf.fill(model.weights[0]!.shape as number[], 1e6));
    await expect(toGraphModel(model, { weightDtype: "float16" })).rejects.toThrow(
      /^toGraphModel: 'patch_embed.proj\/kernel.*' must be within ±65504 for float16, got 1000000$/,
    );
  });

  test("has the model's metadata, or other", async () => {
    const model = small();
    model.setUserDefinedMetadata({ classNames: ["cat", "dog"] });
    expect((await graphOf(model)).metadata).toEqual({ classNames: ["cat", "dog"] });
    expect((await graphOf(model, { metadata: { of: 2 } })).metadata).toEqual({ of: 2 });
    model.setUserDefinedMetadata({ signature: "mine" });
    await expect(toGraphModel(model)).rejects.toThrow(
      "toGraphModel: the model's metadata must be an object without",
    );
  });

  test.each<[ToGraphModelOptions, string]>([
    [{ inputNames: ["a", "b"] }, "toGraphModel: inputNames must be 1 names, got 2"],
    [{ outputNames: [] }, "toGraphModel: outputNames must be 1 names, got 0"],
    [{ outputNames: ["0"] }, "toGraphModel: outputNames must be a list of different names"],
    [{ outputNames: ["a:0"] }, "toGraphModel: outputNames must be a list of different names"],
    [{ outputNames: ["a", "a"] }, "toGraphModel: outputNames must be a list of different names"],
    [
      { inputNames: ["x"], outputNames: ["x"] },
      "toGraphModel: inputs and outputs must have different names, got 'x' twice",
    ],
    [{ weightDtype: "int8" as "float16" }, 'toGraphModel: weightDtype must be "float32" or "float16"'],
    [{ metadata: { signature: {} } }, "toGraphModel: metadata must be an object without the keys signature"],
  ])("is not made with options %j", async (options, message) => {
    await expect(toGraphModel(small(), options)).rejects.toThrow(message);
  });
});

describe("saveGraphModel", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "graph-model-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("writes model.json and shards, which tfjs loads, and replaces an older model", async () => {
    const model = shuffled(vit(VIT));
    const to = join(folder, "new", "tfjs");
    await saveGraphModel(model, to, { shardBytes: 5000 });
    const files = (await readdir(to)).sort();
    expect(files).toContain("group1-shard1of4.bin");
    expect(files).toHaveLength(5);
    const loaded = await loadGraphModel(modelFolder(to));
    expect(difference(model, loaded, inputsOf(model, 2))).toBeLessThan(1e-6);
    const json = JSON.parse(await readFile(join(to, "model.json"), "utf8")) as tf.io.ModelJSON;
    expect(json).toMatchObject({ format: "graph-model", generatedBy: "tfjs-to-graph", convertedBy: null });

    shuffled(model);
    model.weights[0]!.write(tf.ones(model.weights[0]!.shape as number[]));
    await saveGraphModel(model, to); // the same names are taken, so others are given
    const now = (await readdir(to)).sort();
    expect(now).toHaveLength(2);
    expect(difference(model, await loadGraphModel(modelFolder(to)), inputsOf(model, 2))).toBeLessThan(1e-6);
    await saveGraphModel(model, to, { weightDtype: "float16" });
    expect((await readdir(to)).sort()).toHaveLength(2);
  });

  test("writes nothing where the model cannot be converted", async () => {
    const x = tfl.input({ batchShape: [2, 3, 4] });
    const lstm = layers.lstm({ units: 2, stateful: true, recurrentInitializer: "glorotNormal" });
    const to = join(folder, "refused");
    await expect(saveGraphModel(after(x, lstm), to)).rejects.toThrow("it is stateful");
    await expect(saveGraphModel(small(), to, { shardBytes: 0 })).rejects.toThrow(
      "saveGraphModel: shardBytes must be",
    );
    await expect(readdir(to)).rejects.toThrow("ENOENT");
  });

  test("names the file that cannot be written", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(saveGraphModel(small(), join(folder, "file"))).rejects.toThrow(/file/);
  });
});
