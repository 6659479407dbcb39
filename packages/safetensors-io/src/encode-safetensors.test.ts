import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixturesOf } from "test-kit";
import { afterEach, describe, expect, test } from "vitest";
import { fromFloat16, toFloat16 } from "./half.ts";
import { bytesSource, openSafetensors, safetensorsBytes, type TensorToWrite } from "./index.ts";
import { fileSource, saveSafetensors } from "./node.ts";

const { bytes: fixture, url: fixtureUrl } = fixturesOf(import.meta.url);

const folder = mkdtempSync(join(tmpdir(), "safetensors-io-"));
const path = join(folder, "model.safetensors");
afterEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});

test("writes the official writer's bytes from the same numbers, rounding halves as PyTorch does", async () => {
  const expected = fixture("floats.safetensors");
  const file = await openSafetensors(bytesSource(expected));
  const numbers = (await file.read("numbers")) as Float32Array;
  const shape = [numbers.length];
  const bytes = await safetensorsBytes(
    [
      { name: "as_bf16", shape, dtype: "BF16", data: numbers },
      { name: "é.weight", shape: [2, 2], data: async () => numbers.slice(0, 4) },
      { name: "as_f16", shape, dtype: "F16", data: numbers },
      { name: "numbers", shape, data: () => numbers },
    ],
    { metadata: { format: "pt" } },
  );
  expect(Buffer.compare(bytes, expected)).toBe(0);
});

test("writes the file that the official reader has checked", async () => {
  const bytes = await safetensorsBytes([
    { name: "c", shape: [1], dtype: "BF16", data: Float32Array.of(-1) },
    { name: "b", shape: [2], dtype: "F16", data: Float32Array.of(0.5, 3) },
    { name: "a.weight", shape: [1, 3], data: Float32Array.of(1.5, -2, 0.25) },
  ]);
  const checked = fixtureUrl("written-here.safetensors");
  if (process.env.UPDATE_FIXTURES) writeFileSync(checked, bytes); // then run the script beside it
  expect(Buffer.compare(bytes, readFileSync(checked))).toBe(0);
});

test("every half survives float32 and back", () => {
  for (let bits = 0; bits < 65536; bits++) {
    const value = fromFloat16(bits);
    if (Number.isNaN(value)) expect(Number.isNaN(fromFloat16(toFloat16(value)))).toBe(true);
    else if (toFloat16(value) !== bits) expect.fail(`${bits} became ${toFloat16(value)}`);
  }
});

describe("refuses", () => {
  const data = Float32Array.of(1);
  test.each<[string, TensorToWrite[], string]>([
    [
      "a name twice",
      [
        { name: "a", shape: [1], data },
        { name: "a", shape: [1], data },
      ],
      'tensor "a": the name is taken',
    ],
    ["the metadata's name", [{ name: "__metadata__", shape: [1], data }], "the name is taken"],
    ["a negative side", [{ name: "a", shape: [-1], data }], "got F32 [-1]"],
    ["another type", [{ name: "a", shape: [1], dtype: "F64" as "F32", data }], "got F64"],
    ["data that does not fit", [{ name: "a", shape: [2], data }], 'tensor "a": [2] does not hold 1 numbers'],
    [
      "what halves cannot hold",
      [{ name: "a", shape: [1], dtype: "F16", data: Float32Array.of(65520) }],
      'tensor "a": 65520 is too large for F16',
    ],
    [
      "what bfloat16 cannot hold",
      [{ name: "a", shape: [1], dtype: "BF16", data: Float32Array.of(-3.4e38) }],
      "is too large for BF16",
    ],
  ])("%s, leaving an older file and no other", async (_, tensors, message) => {
    await saveSafetensors(path, [{ name: "old", shape: [1], data }]);
    await expect(saveSafetensors(path, tensors)).rejects.toThrow(message);
    expect(readdirSync(folder)).toEqual(["model.safetensors"]);
    expect([...(await openSafetensors(bytesSource(readFileSync(path)))).tensors.keys()]).toEqual(["old"]);
  });
});

describe("files", () => {
  test("are written and read tensor by tensor", async () => {
    const metadata = { format: "pt", note: "é\n" };
    const tensors = [
      { name: "b", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      { name: "a", shape: [], data: Float32Array.of(5) },
    ];
    await saveSafetensors(path, tensors, { metadata });
    const source = await fileSource(path);
    const file = await openSafetensors(source);
    expect(Object.fromEntries(file.metadata)).toEqual(metadata);
    expect([...file.tensors.keys()]).toEqual(["a", "b"]);
    expect([...(await file.read("b"))]).toEqual([1, 2, 3, 4]);
    expect([...(await file.read("a"))]).toEqual([5]);
    expect((file.tensors.get("a")!.begin + readFileSync(path).byteLength - 20) % 8).toBe(0);
    await source.close();
  });

  test("that cannot be written are named, with the system's reason", async () => {
    const nowhere = join(folder, "none", "model.safetensors");
    const tensors = [{ name: "a", shape: [1], data: Float32Array.of(1) }];
    await expect(saveSafetensors(nowhere, tensors)).rejects.toThrow(
      `saveSafetensors: ${nowhere}: could not write its 0 bytes: ENOENT`,
    );
  });

  test("that are folders or absent are refused by path", async () => {
    await expect(fileSource(folder)).rejects.toThrow(`fileSource: expected a file, got ${folder}`);
    await expect(fileSource(path)).rejects.toThrow(path);
  });

  test("that shrink while they are read are noticed", async () => {
    await saveSafetensors(path, [{ name: "a", shape: [100], data: new Float32Array(100) }]);
    const source = await fileSource(path);
    const file = await openSafetensors(source);
    writeFileSync(path, readFileSync(path).subarray(0, 200));
    await expect(file.read("a")).rejects.toThrow(/expected \d+ bytes, it ended at 200/);
    await source.close();
  });
});

test.each([
  [{ metadata: { epoch: 3 } }, 'safetensors: metadata must be an object of strings, got {"epoch":3}'],
  [{ meta: {} }, "safetensors: unknown option 'meta'; did you mean 'metadata'?"],
])("refuses %j", async (options, message) => {
  await expect(safetensorsBytes([], options as never)).rejects.toThrow(message);
});

test("int32 and uint8 data keep their types, and tensors their order where it is given", async () => {
  const tensors = [
    { name: "b", shape: [2], data: Int32Array.of(-1, 7) },
    { name: "a", shape: [3], data: Uint8Array.of(1, 2, 255) },
    { name: "c", shape: [], data: Float32Array.of(0.5) },
  ];
  const given = await openSafetensors(bytesSource(await safetensorsBytes(tensors, { order: "given" })));
  expect([...given.tensors.values()].map(({ name, dtype }) => `${name} ${dtype}`)).toEqual([
    "b I32",
    "a U8",
    "c F32",
  ]);
  for (const { name, data } of tensors) expect(await given.read(name)).toEqual(data);
  const sorted = await openSafetensors(bytesSource(await safetensorsBytes(tensors)));
  expect([...sorted.tensors.keys()]).toEqual(["c", "b", "a"]);
});
