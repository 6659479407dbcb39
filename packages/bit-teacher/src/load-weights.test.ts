import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type NamedTensors, openNpz, openZip } from "named-weights";
import { bytesSource, openSafetensors } from "safetensors-io";
import { emptyFolderForAll, fixturesOf } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { type BitConfig, bit, featuresOf, loadWeights } from "./index.ts";
import { loadWeightsFile } from "./node.ts";

const { bytes: fixture } = fixturesOf(import.meta.url);

const small: BitConfig = {
  depths: [1, 2, 1],
  channels: [32, 32, 64],
  stemChannels: 16,
  groups: 4,
  classes: 5,
};
const npz = () => openNpz(bytesSource(fixture("small.npz"), "small.npz"));
const valuesOf = (model: tfl.LayersModel) => model.weights.map((weight) => [...weight.read().dataSync()]);

/** A file with some tensors renamed, left out (`undefined`) or of another shape. */
function changed(file: NamedTensors, rename: (name: string) => string | undefined): NamedTensors {
  const names = new Map([...file.tensors.keys()].map((name) => [rename(name), name]));
  names.delete(undefined);
  const tensors = new Map(
    [...names].map(([name, old]) => [name!, { ...file.tensors.get(old!)!, name: name! }]),
  );
  return { name: "changed", tensors, read: (name) => file.read(names.get(name)!) };
}

beforeAll(async () => {
  await startBackend("wasm");
});

describe("loadWeights", () => {
  test("keeps the head where asked, of other classes too", async () => {
    const model = bit({ ...small, classes: 3 });
    const report = await loadWeights(model, await npz(), { head: "keep" });
    expect(report.kept).toEqual(["head.fc.weight", "head.fc.bias"]);
    expect([...report.skipped].sort()).toEqual(["resnet/head/conv2d/bias", "resnet/head/conv2d/kernel"]);
    expect(report.used).toHaveLength(42);
    expect([...model.getLayer("head.fc").getWeights()[0]!.dataSync()]).toEqual(new Array(192).fill(0));
    model.dispose();
  });

  test("knows BiT's names under any prefix, or none", async () => {
    const expected = bit(small);
    await loadWeights(expected, await npz());
    for (const prefix of ["", "teacher/backbone/"]) {
      const model = bit(small);
      await loadWeights(
        model,
        changed(await npz(), (name) => name.replace("resnet/", prefix)),
      );
      expect(valuesOf(model)).toEqual(valuesOf(expected));
      model.dispose();
    }
    expected.dispose();
  });

  test.each<[string, Partial<BitConfig>, (name: string) => string | undefined, string]>([
    [
      "another number of classes",
      { classes: 7 },
      (name) => name,
      'mismatched: resnet/head/conv2d/kernel: expected [1,1,64,7], found [1,1,64,5], resnet/head/conv2d/bias: expected [7], found [5]; some of it is accepted with head: "keep"',
    ],
    [
      "another width",
      { channels: [32, 32, 128] },
      (name) => name,
      "resnet/block3/unit01/a/standardized_conv2d/kernel: expected [1,1,32,32], found [1,1,32,16]",
    ],
    ["more units", { depths: [1, 3, 1] }, (name) => name, "missing: resnet/block2/unit03/a/group_norm/gamma"],
    [
      "fewer units",
      { depths: [1, 1, 1] },
      (name) => name,
      "unexpected: resnet/block2/unit02/a/group_norm/gamma, resnet/block2/unit02/a/group_norm/beta, ",
    ],
    [
      "a tensor left out",
      {},
      (name) => (name.endsWith("block1/unit01/a/proj/standardized_conv2d/kernel") ? undefined : name),
      "missing: resnet/block1/unit01/a/proj/standardized_conv2d/kernel",
    ],
    [
      "no head",
      {},
      (name) => (name.includes("head") ? undefined : name),
      "missing: resnet/head/conv2d/kernel, resnet/head/conv2d/bias",
    ],
    [
      "another network's names",
      {},
      (name) => `x${name.length}/${name.replaceAll("/", ".")}`,
      "expected one tensor stem.conv.weight or …root_block/standardized_conv2d/kernel, got 0",
    ],
  ])("refuses %s, and changes nothing", async (_, differs, rename, problem) => {
    const model = bit({ ...small, ...differs });
    const before = valuesOf(model);
    const file = changed(await npz(), rename);
    const reads: string[] = [];
    const watched: NamedTensors = {
      ...file,
      read(name) {
        reads.push(name);
        return file.read(name);
      },
    };
    await expect(loadWeights(model, watched)).rejects.toThrow(problem);
    await expect(loadWeights(model, watched)).rejects.toThrow(
      "changed is not for this model, nothing was loaded",
    );
    expect(reads).toEqual([]);
    expect(valuesOf(model)).toEqual(before);
    model.dispose();
  });

  test("changes nothing if the last tensor is damaged", async () => {
    const model = bit(small);
    const before = valuesOf(model);
    const file = await npz();
    const last = [...file.tensors.keys()].at(-1)!;
    const damaged: NamedTensors = {
      ...file,
      read: (name) => (name === last ? Promise.reject(new RangeError("damaged")) : file.read(name)),
    };
    await expect(loadWeights(model, damaged)).rejects.toThrow("damaged");
    expect(valuesOf(model)).toEqual(before);
    await expect(loadWeights(model, file, { head: "drop" as "keep" })).rejects.toThrow(
      'head must be "load" or "keep"',
    );
    await expect(loadWeights(model, file, { heads: "keep" } as never)).rejects.toThrow(
      "did you mean 'head'?",
    );
    await expect(loadWeights(model, undefined as never)).rejects.toThrow("an open weights file");
    const nan: NamedTensors = {
      ...file,
      read: async (name) => (name === last ? Float32Array.of(Number.NaN, 1) : file.read(name)),
    };
    await expect(loadWeights(model, nan)).rejects.toThrow("has 1 NaN among 2 numbers");
    expect(valuesOf(model)).toEqual(before);
    model.dispose();
  });

  test("shows timm's shapes as timm has them, and leaves out a wrapper's prefix", async () => {
    const timm = () => openSafetensors(bytesSource(fixture("small.safetensors"), "small.safetensors"));
    const model = bit({ ...small, classes: 7 });
    await expect(loadWeights(model, (await timm()) as NamedTensors)).rejects.toThrow(
      /head\.fc\.weight: expected \[7,64(,1,1)?\], found \[5,64(,1,1)?\].*head: "keep"/,
    );
    const [plain, wrapped] = [bit(small), bit(small)];
    await loadWeights(plain, (await timm()) as NamedTensors);
    await loadWeights(
      wrapped,
      changed((await timm()) as NamedTensors, (name) => `module._orig_mod.${name}`),
    );
    expect(valuesOf(wrapped)).toEqual(valuesOf(plain));
  });

  test("with no classes a model gives the features, and takes a file without its head where asked", async () => {
    const [model, whole] = [bit({ ...small, classes: 0 }), bit(small)];
    await expect(loadWeights(model, await npz())).rejects.toThrow(
      'unexpected: resnet/head/conv2d/kernel, resnet/head/conv2d/bias; some of it is accepted with head: "keep"',
    );
    await loadWeights(model, await npz(), { head: "keep" });
    await loadWeights(whole, await npz());
    const images = tf.randomUniform([2, 32, 32, 3], -1, 1, "float32", 3);
    const features = (featuresOf(whole).predict(images) as tf.Tensor).dataSync();
    expect((model.predict(images) as tf.Tensor).dataSync()).toEqual(features);
  });

  test("leaves as many tensors as there were", async () => {
    const model = bit(small);
    const before = tf.memory().numTensors;
    await loadWeights(model, await npz());
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});

const folder = await emptyFolderForAll();

describe("loadWeightsFile", () => {
  test("reads a SavedModel's folder and zip, .npz and .safetensors", async () => {
    const variables = join(folder, "teacher", "variables");
    mkdirSync(variables, { recursive: true });
    for (const [path, member] of await openZip(bytesSource(fixture("teacher.zip"), "teacher.zip"))) {
      if (path.includes("variables/")) {
        writeFileSync(join(variables, path.split("/").at(-1)!), await member.read(0, member.size));
      }
    }
    for (const name of ["teacher.zip", "small.npz", "small.safetensors"]) {
      writeFileSync(join(folder, name), fixture(name));
    }
    const loaded = new Map<string, number[][]>();
    for (const name of ["teacher", "teacher.zip", "small.npz", "small.safetensors"]) {
      const model = bit(small);
      await loadWeightsFile(model, join(folder, name));
      loaded.set(name, valuesOf(model));
      model.dispose();
    }
    expect(loaded.get("teacher.zip")).toEqual(loaded.get("teacher"));
    expect(loaded.get("small.safetensors")).toEqual(loaded.get("small.npz"));
    expect(loaded.get("small.npz")!.slice(0, -2)).toEqual(loaded.get("teacher")!.slice(0, -2)); // but for the head
  });

  test("names the path that is no such file", async () => {
    const model = bit(small);
    writeFileSync(join(folder, "weights.h5"), "");
    await expect(loadWeightsFile(model, join(folder, "weights.h5"))).rejects.toThrow(
      "weights.h5: expected a header's length in 8 bytes, got a file of 0",
    );
    writeFileSync(join(folder, "weights.pth"), "\x80\x02}q\x00X\x04\x00\x00\x00head.", "latin1");
    await expect(loadWeightsFile(model, join(folder, "weights.pth"))).rejects.toThrow(
      "weights.pth: expected PyTorch's zip format, got a pickle, such as its format before 1.6: load it in Python, if you trust it",
    );
    await expect(loadWeightsFile(model, join(folder, "none.npz"))).rejects.toThrow("none.npz");
    await expect(loadWeightsFile(model, folder)).rejects.toThrow(join("variables", "variables.index"));
    model.dispose();
  });
});
