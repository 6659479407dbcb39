import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { bytesSource, openSafetensors, safetensorsBytes, type TensorToWrite } from "safetensors-io";
import { normalNoise } from "test-kit";
import { startBackend } from "tfjs-backends";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Differences,
  type Layout,
  loadNamedWeights,
  modelWeights,
  type NamedTensors,
  type Naming,
  shapeIn,
  tensorsToWrite,
} from "./index.ts";
import { fromLayout, toLayout } from "./layout.ts";
import { openWeightsFile } from "./node.ts";
import { wrapperPrefix } from "./wrapper-prefix.ts";

/** A convolution, a dense layer on top, and a layer without weights. */
function small(units = 3): tfl.Sequential {
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [4, 4, 2], filters: 2, kernelSize: [3, 2], name: "conv" }),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units, name: "head", biasInitializer: "randomNormal" }),
    ],
  });
}

const keyOf = (name: string) => name.replace("/", ".").replace("kernel", "weight");
const weightsOf = (model: tfl.LayersModel) => modelWeights("test", model, keyOf);
const valuesOf = (model: tfl.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);

/** Names as they are in the model; what begins with `optimizer.` is not of the network. */
function plainNaming(layout: Layout): Naming<"plain"> {
  return {
    ...{ names: "plain", layout, namesOf: (key) => [key] },
    placeOf: (name) => (name.startsWith("optimizer.") ? undefined : { key: name }),
  };
}
const load = (
  model: tfl.LayersModel,
  source: Uint8Array | NamedTensors,
  differences?: Differences,
  naming: Naming = plainNaming("torch"),
) => {
  const weights = weightsOf(model);
  const family = { caller: "loadWeights", weights, namingOf: () => naming };
  return loadNamedWeights(source, differences ? { ...family, differences } : family);
};
const written = (model: tfl.LayersModel, layout: Layout = "torch"): TensorToWrite[] =>
  tensorsToWrite(weightsOf(model), plainNaming(layout));

beforeAll(async () => {
  await startBackend("cpu");
});

describe("layouts", () => {
  test("a kernel of PyTorch's is ours with its axes in another order, and back", () => {
    const shape = [3, 2, 4, 5];
    const ours = normalNoise(shape, 1);
    const theirs = tf.transpose(ours, [3, 2, 0, 1]); // [out, in, height, width]
    const data = ours.dataSync() as Float32Array;
    expect(shapeIn("torch", shape)).toEqual(theirs.shape);
    expect(toLayout("torch", shape, data)).toEqual(theirs.dataSync());
    expect(fromLayout("torch", shape, theirs.dataSync() as Float32Array)).toEqual(data);
    expect(toLayout("tensorflow", shape, data)).toBe(data);
    expect(shapeIn("torch", [2, 3])).toEqual([3, 2]);
    expect(shapeIn("torch", [1, 2, 3])).toEqual([1, 2, 3]);
  });
});

test.each([
  [["module.a", "module.b"], "module."],
  [["model.module._orig_mod.a.b", "model.module._orig_mod.a.c"], "model.module._orig_mod."],
  [["module.a", "b"], ""],
  [["module.model.a", "module.b"], "module."],
  [["models.a"], ""],
  [[], ""],
])("the wrapper of %j is '%s'", (names, prefix) => {
  expect(wrapperPrefix(names)).toBe(prefix);
});

describe("loadNamedWeights", () => {
  test.each(["torch", "tensorflow"] as const)(
    "reads what tensorsToWrite gives, laid out as %s",
    async (layout) => {
      const [from, to] = [small(), small()];
      const bytes = await safetensorsBytes(written(from, layout));
      const file = await openSafetensors(bytesSource(bytes));
      expect(file.tensors.get("conv.weight")!.shape).toEqual(
        layout === "torch" ? [2, 2, 3, 2] : [3, 2, 2, 2],
      );
      const before = tf.memory().numTensors;
      const report = await load(to, bytes, undefined, plainNaming(layout));
      expect(tf.memory().numTensors).toBe(before);
      expect(valuesOf(to)).toEqual(valuesOf(from));
      expect(report).toEqual({
        ...{ names: "plain", used: [...weightsOf(to).keys()], interpolated: [], kept: [], skipped: [] },
      });
    },
  );

  test("takes a 1×1 convolution for a matrix, and leaves out what is not of the network", async () => {
    const [from, to] = [small(), small()];
    for (const [layout, shape] of [
      ["torch", [3, 2, 1, 1]],
      ["tensorflow", [1, 1, 2, 3]],
    ] as const) {
      const tensors = written(from, layout).map((one) =>
        one.name === "head.weight" ? { ...one, shape } : one,
      );
      tensors.push({ name: "optimizer.head.weight", shape: [1], data: new Float32Array(1) });
      const { skipped } = await load(to, await safetensorsBytes(tensors), undefined, plainNaming(layout));
      expect(skipped).toEqual(["optimizer.head.weight"]);
      expect(valuesOf(to)).toEqual(valuesOf(from));
    }
  });

  test("reads names without what a training wrapper put before all, and reports them with it", async () => {
    const [from, to] = [small(), small(5)];
    const tensors = written(from).map((one) => ({ ...one, name: `module.${one.name}` }));
    const bytes = await safetensorsBytes(tensors);
    await expect(load(to, bytes)).rejects.toThrow(
      "mismatched: module.head.weight: expected [5,2], found [3,2]",
    );
    const same = small();
    expect((await load(same, bytes)).used).toEqual([...weightsOf(same).keys()]);
    expect(valuesOf(same)).toEqual(valuesOf(from));
  });

  test("joins a weight that is stored in parts, and says which one is missing", async () => {
    const [from, to] = [small(), small()];
    const naming: Naming = {
      ...{ names: "parts", layout: "torch", parts: ["a", "b", "c"] },
      placeOf(name) {
        const [, part] = /^head\.weight\.([abc])$/.exec(name) ?? [];
        return part === undefined ? { key: name } : { key: "head.weight", part };
      },
      namesOf: (key) => (key === "head.weight" ? ["a", "b", "c"].map((part) => `${key}.${part}`) : [key]),
    };
    const tensors = tensorsToWrite(weightsOf(from), naming);
    expect(tensors.filter(({ name }) => name.startsWith("head.weight")).map(({ shape }) => shape)).toEqual(
      Array(3).fill([1, 2]),
    );
    await load(to, await safetensorsBytes(tensors), undefined, naming);
    expect(valuesOf(to)).toEqual(valuesOf(from));
    const two = await safetensorsBytes(tensors.filter(({ name }) => name !== "head.weight.b"));
    await expect(load(to, two, undefined, naming)).rejects.toThrow("mismatched: head.weight: b is missing");
  });

  test("accepts no difference unless it is told which, and names the option", async () => {
    const [from, to] = [small(5), small(3)];
    const tensors = written(from).filter(({ name }) => name !== "conv.bias");
    tensors.push({ name: "more", shape: [1], data: new Float32Array(1) });
    const bytes = await safetensorsBytes(tensors);
    const problems =
      "loadWeights: safetensors bytes is not for this model, nothing was loaded. mismatched: head.weight: expected [3,2], found [5,2], head.bias: expected [3], found [5]; missing: conv.bias; unexpected: more";
    const own = valuesOf(to);
    await expect(load(to, bytes)).rejects.toThrow(new RegExp(`^${problems.replaceAll(/[[\].]/g, "\\$&")}$`));
    const differences = (accepted: readonly string[]): Differences => ({
      ...{ accepted, optionFor: (refused) => `allow: ${refused}` },
      missing: (key) => (key === "conv.bias" ? "missing" : undefined),
      unexpected: () => "more",
      changed: ({ key, found, expected }) =>
        key.startsWith("head") && found[0] !== expected[0] ? { needs: ["classes"] } : undefined,
    });
    await expect(load(to, bytes, differences(["more"]))).rejects.toThrow(
      /missing: conv\.bias; some of it is accepted with allow: (missing,classes|classes,missing)$/,
    );
    expect(valuesOf(to)).toEqual(own);
    const { used, kept, skipped } = await load(to, bytes, differences(["more", "classes", "missing"]));
    expect(used).toEqual(["conv.weight"]);
    expect(kept).toEqual(["conv.bias", "head.weight", "head.bias"]);
    expect([...skipped].sort()).toEqual(["head.bias", "head.weight", "more"]);
  });

  test("converts a tensor by what the family says, from the file's numbers and the model's", async () => {
    const [from, to] = [small(2), small(3)];
    const [, , , own] = valuesOf(to);
    const differences: Differences = {
      ...{ accepted: [], optionFor: () => "", missing: () => undefined, unexpected: () => undefined },
      changed({ key, found, expected }) {
        if (found.join() === expected.join()) return undefined;
        const convert = (stored: Float32Array, mine: Float32Array) => {
          const data = mine.slice();
          data.set(stored);
          return data;
        };
        return { needs: [], convert, interpolates: key.endsWith("bias"), keeps: [`${key}[2]`] };
      },
    };
    const { used, interpolated, kept } = await load(to, await safetensorsBytes(written(from)), differences);
    expect([used.length, interpolated, kept]).toEqual([4, ["head.bias"], ["head.weight[2]", "head.bias[2]"]]);
    expect(valuesOf(to)[3]).toEqual([...valuesOf(from)[3]!, own![2]]);
  });

  test("changes nothing if a tensor is not whole, and closes the file whatever happens", async () => {
    const model = small();
    const own = valuesOf(model);
    const whole = await openSafetensors(bytesSource(await safetensorsBytes(written(small()))));
    let closed = 0;
    const file = (numbers: number[]): NamedTensors => ({
      ...whole,
      read: async (name) => (name === "head.bias" ? Float32Array.from(numbers) : whole.read(name)),
      close: async () => void closed++,
    });
    await expect(load(model, file([1, 2]))).rejects.toThrow('tensor "head.bias" has 2 numbers');
    await expect(load(model, file([1, Number.NaN, 1]))).rejects.toThrow(
      '"head.bias" has 1 NaN among 3 numbers',
    );
    await expect(load(small(7), file([]))).rejects.toThrow("mismatched: head.weight");
    expect(closed).toBe(3);
    expect(valuesOf(model)).toEqual(own);
    await load(model, file([1, 2, 3]));
    expect([closed, valuesOf(model)[3]]).toEqual([4, [1, 2, 3]]);
  });

  test("refuses a file whose names the family does not know, and what is not a file or a model", async () => {
    const weights = weightsOf(small());
    const namingOf = () => {
      throw new RangeError("expected a tensor root");
    };
    const bytes = await safetensorsBytes([]);
    await expect(loadNamedWeights(bytes, { caller: "load", weights, namingOf })).rejects.toThrow(
      "load: safetensors bytes is not for this model, nothing was loaded. expected a tensor root",
    );
    await expect(load(small(), undefined as never)).rejects.toThrow("source must be a Uint8Array, a Blob, ");
    expect(() => modelWeights("load", undefined as never, keyOf)).toThrow(
      "model must be a tfjs layers model",
    );
    expect(() => modelWeights("load", small(), () => "one")).toThrow(
      "expected one weight per name, got two of one",
    );
  });
});

describe("openWeightsFile", () => {
  const folder = mkdtempSync(join(tmpdir(), "named-weights-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  /** Open files of this process, where the system tells. */
  const openFiles = () => (existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0);

  test("keeps a file open until it is closed, and none that it refuses", async () => {
    const path = join(folder, "weights");
    const before = openFiles();
    writeFileSync(path, await safetensorsBytes(written(small())));
    const file = await openWeightsFile(path);
    await load(small(), file);
    await expect(file.read("head.bias")).rejects.toThrow();
    for (const [name, content, problem] of [
      ["weights.npz", "none", "weights.npz: expected a zip archive"],
      ["weights.zip", "none", "weights.zip: expected a zip archive"],
      ["weights.h5", "\x89HDF\r\n\x1a\n", "weights.h5: expected safetensors, got an HDF5 file (Keras .h5)"],
    ] as const) {
      writeFileSync(join(folder, name), content, "latin1");
      await expect(openWeightsFile(join(folder, name))).rejects.toThrow(problem);
    }
    await expect(openWeightsFile(folder)).rejects.toThrow(join("variables", "variables.index"));
    await expect(openWeightsFile(join(folder, "none"))).rejects.toThrow("none");
    expect(openFiles()).toBe(before);
  });
});
