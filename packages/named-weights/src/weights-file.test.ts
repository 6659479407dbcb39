import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesSource, openSafetensors, safetensorsBytes } from "safetensors-io";
import { emptyFolder, fixturesOf, folderOf } from "test-kit";
import { describe, expect, test } from "vitest";
import { openSharded } from "./index.ts";
import { openWeightsFile } from "./node.ts";

const { bytes: fixture, url } = fixturesOf(import.meta.url);
const expected = await openSafetensors(bytesSource(fixture("sharded/expected.safetensors")));
const SAFE = "model.safetensors.index.json";
const TORCH = "pytorch_model.bin.index.json";

async function expectTensors(path: string): Promise<void> {
  const file = await openWeightsFile(path);
  try {
    expect([...file.tensors.keys()].sort()).toEqual([...expected.tensors.keys()].sort());
    for (const { name, shape, dtype } of expected.tensors.values()) {
      expect([name, file.tensors.get(name)?.shape, file.tensors.get(name)?.dtype]).toEqual([
        name,
        shape,
        dtype,
      ]);
      expect(await file.read(name)).toEqual(await expected.read(name));
    }
    await expect(file.read("other")).rejects.toThrow('there is no tensor "other"');
  } finally {
    await file.close();
  }
}

/** A copy of the fixture's folder, to be changed. */
async function copy(): Promise<string> {
  const folder = await emptyFolder();
  cpSync(url("sharded/"), folder, { recursive: true });
  return folder;
}
type Index = { metadata: { total_size: number }; weight_map: Record<string, string> };
async function changed(change: (index: Index, folder: string) => unknown, name = SAFE): Promise<string> {
  const folder = await copy();
  const path = join(folder, name);
  const index = JSON.parse(readFileSync(path, "utf8")) as Index;
  await change(index, folder);
  writeFileSync(path, JSON.stringify(index));
  return path;
}
const FIRST = "model-00001-of-00002.safetensors";
const SECOND = "model-00002-of-00002.safetensors";

describe("a checkpoint in several files", () => {
  test.each([SAFE, TORCH])("is read by its index %s, under another name too", async (name) => {
    const folder = await copy();
    await expectTensors(join(folder, name));
    writeFileSync(join(folder, "index"), readFileSync(join(folder, name)));
    await expectTensors(join(folder, "index"));
  });

  test("is read by its folder, which may have others: safetensors come before PyTorch's, one file before several", async () => {
    const folder = await copy();
    await expectTensors(folder);
    rmSync(join(folder, SAFE));
    await expectTensors(folder);
    const one = (value: number) =>
      safetensorsBytes([{ name: "one", shape: [1], data: Float32Array.of(value) }]);
    writeFileSync(join(folder, "pytorch_model.bin"), fixture("torch-deit.pth"));
    const opened = await openWeightsFile(folder);
    expect([opened.part, opened.name]).toEqual(["model", join(folder, "pytorch_model.bin")]);
    await opened.close();
    writeFileSync(join(folder, SAFE), "{}");
    await expect(openWeightsFile(folder)).rejects.toThrow(
      `${join(folder, SAFE)}: expected the index of a checkpoint`,
    );
    writeFileSync(join(folder, "model.safetensors"), await one(3));
    const file = await openWeightsFile(folder);
    expect(await file.read("one")).toEqual(Float32Array.of(3));
    await file.close();
  });

  test.each([
    [
      "a file that leaves the folder",
      (it: Index) => (it.weight_map.bias = "../x.safetensors"),
      'weight_map "bias": expected the name of a file in the index\' folder, got "../x.safetensors"',
    ],
    ["an absolute path", (it: Index) => (it.weight_map.bias = "/etc/passwd"), 'got "/etc/passwd"'],
    [
      "a missing file",
      (_: Index, folder: string) => rmSync(join(folder, SECOND)),
      `expected ${SECOND} beside ${SAFE}, got no such file`,
    ],
    [
      "a tensor that is not in its file",
      (it: Index) => (it.weight_map.other = FIRST),
      `expected tensor "other" in "${FIRST}", got none`,
    ],
    [
      "a tensor of another file",
      (it: Index) => (it.weight_map.bias = FIRST),
      `expected tensor "bias" in "${FIRST}", got none`,
    ],
    [
      "a tensor that it does not list",
      (it: Index) => delete it.weight_map.bias,
      `"${SECOND}" has the tensor "bias", which the index does not list`,
    ],
    [
      "another size",
      (it: Index) => (it.metadata.total_size += 4),
      "expected total_size 1034, got tensors of 1030 bytes",
    ],
    [
      "a tensor in two files",
      async (_: Index, folder: string) => {
        const both = ["blocks.0.weight", "blocks.1.weight", "bias"];
        const data = new Float32Array(1);
        writeFileSync(
          join(folder, FIRST),
          await safetensorsBytes(both.map((name) => ({ name, shape: [1], data }))),
        );
      },
      `tensor "bias" is in two files, "${SECOND}" and "${FIRST}"`,
    ],
    [
      "a damaged file",
      (_: Index, folder: string) => writeFileSync(join(folder, FIRST), "x"),
      `${FIRST}: expected a header's length in 8 bytes, got a file of 1`,
    ],
    [
      "a folder for a file",
      (it: Index, folder: string) => {
        mkdirSync(join(folder, "deep"));
        it.weight_map.bias = "deep";
      },
      "fileSource: expected a file, got ",
    ],
  ] as [string, (index: Index, folder: string) => unknown, string][])(
    "with %s is refused by name",
    async (_, change, problem) => {
      const path = await changed(change);
      await expect(openWeightsFile(path)).rejects.toThrow(problem);
      if (!/damaged|a folder/.test(_)) await expect(openWeightsFile(path)).rejects.toThrow(`${path}: `);
    },
  );

  test("of PyTorch's files is refused by name too, but its total_size is not compared, for storages may be shared", async () => {
    const path = await changed((it) => (it.weight_map.bias = "pytorch_model-00001-of-00002.bin"), TORCH);
    await expect(openWeightsFile(path)).rejects.toThrow(
      'expected tensor "bias" in "pytorch_model-00001-of-00002.bin"',
    );
    await expectTensors(await changed((it) => (it.metadata.total_size = 1), TORCH));
  });

  test("of a huge index is refused before it is read", async () => {
    let asked = 0;
    const read = async () => {
      asked++;
      return new Uint8Array(0);
    };
    const index = { name: "x.json", size: 100_000_001, read };
    await expect(openSharded({ index, shard: async () => index })).rejects.toThrow(
      "x.json: expected an index of at most 100000000 bytes, got 100000001",
    );
    expect(asked).toBe(0);
  });
});

describe("openWeightsFile", () => {
  test("recognizes a PyTorch checkpoint and the others by their contents, whatever their names", async () => {
    const folder = await folderOf({
      "a.pth": fixture("torch-deit.pth"),
      "b.bin": fixture("torch-deit.pth"),
      "c.zip": fixture("torch-deit.pth"),
      d: fixture("torch-deit.pth"),
      "e.pth": fixture("sharded/expected.safetensors"),
      "legacy.pth": fixture("torch-legacy.pth"),
      "module.pt": fixture("torch-module.pth"),
      "lfs.pth": "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
      "config.json": '{"model_type": "deit"}',
      "page.pth": "<!DOCTYPE html>",
    });
    for (const name of ["a.pth", "b.bin", "c.zip", "d"]) {
      const file = await openWeightsFile(join(folder, name));
      expect([file.part, file.tensors.has("head.weight")]).toEqual(["model", true]);
      await file.close();
    }
    await expectTensors(join(folder, "e.pth"));
    for (const [name, problem] of [
      ["legacy.pth", "legacy.pth: expected PyTorch's zip format, got a pickle"],
      ["module.pt", 'got a pickle that calls "torch.nn.modules.container.Sequential"'],
      ["lfs.pth", "got a Git LFS pointer, not the file: run git lfs pull"],
      ["config.json", "got JSON text, such as a config"],
      ["page.pth", "got an HTML page"],
    ] as const)
      await expect(openWeightsFile(join(folder, name))).rejects.toThrow(problem);
  });

  test("does not take a safetensors file for a pickle whose header has 640 bytes", async () => {
    const metadata = { x: "y".repeat(640 - 78) };
    const bytes = await safetensorsBytes([{ name: "a", shape: [1], data: Float32Array.of(1) }], { metadata });
    const padding = 640 - Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const again = await safetensorsBytes([{ name: "a", shape: [1], data: Float32Array.of(1) }], {
      metadata: { x: "y".repeat(640 - 78 + padding) },
    });
    expect([...again.subarray(0, 2)]).toEqual([0x80, 2]);
    const folder = await folderOf({ a: again });
    const file = await openWeightsFile(join(folder, "a"));
    expect([...file.tensors.keys()]).toEqual(["a"]);
    await file.close();
  });

  test("names the file of a SavedModel's variables that is missing", async () => {
    const folder = await emptyFolder();
    mkdirSync(join(folder, "variables"));
    const index = join(folder, "variables", "variables.index");
    cpSync(
      new URL("../../open-classifier/fixtures/saved-model/variables/variables.index", import.meta.url),
      index,
    );
    await expect(openWeightsFile(folder)).rejects.toThrow(
      `${index}: expected variables.data-00000-of-00001 beside variables.index, got no such file`,
    );
  });

  test("says what a folder has instead of weights", async () => {
    const folder = await folderOf({ "config.json": "{}", "student.safetensors": "", "logs/": "" });
    await expect(openWeightsFile(folder)).rejects.toThrow(
      `${folder}: expected a folder with model.safetensors, model.safetensors.index.json, pytorch_model.bin, pytorch_model.bin.index.json or ${join("variables", "variables.index")}, got one with config.json, logs, student.safetensors`,
    );
    await expect(openWeightsFile(await folderOf({}))).rejects.toThrow("got an empty one");
  });
});
