import { readFileSync } from "node:fs";
import { bytesSource } from "safetensors-io";
import { expect, test } from "vitest";
import { npzBytes, openNpz, openZip } from "../index.ts";

const golden: Record<string, string> = JSON.parse(
  readFileSync(new URL("../../fixtures/npz.json", import.meta.url), "utf8"),
);
const features = Float32Array.of(0.1, -2, 3e-42, Number.POSITIVE_INFINITY, 1, 16777217);

test("an archive's files are those of np.savez, byte for byte", async () => {
  const bytes = await npzBytes([
    { name: "features", shape: [3, 2], data: features },
    { name: "labels", shape: [3], data: Int32Array.of(0, -1, 2147483647) },
    { name: "paths", shape: [3], data: ["a/é.jpg", "", "b/🌷.png"] },
    { name: "none", shape: [0, 4], data: new Float32Array() },
    { name: "one", shape: [], data: Float32Array.of(2.5) },
  ]);
  const members = await openZip(bytesSource(bytes, "a.npz"));
  expect([...members.keys()]).toEqual(Object.keys(golden));
  for (const [name, member] of members) {
    const file = Buffer.from(await member.read(0, member.size));
    expect(file.toString("base64"), name).toBe(golden[name]);
  }
});

test("an archive is read back, and equal arrays are equal bytes", async () => {
  const arrays = [{ name: "features", shape: [3, 2], data: features }];
  const bytes = await npzBytes(arrays);
  expect(await npzBytes(arrays)).toEqual(bytes);
  const file = await openNpz(bytesSource(bytes, "a.npz"));
  expect(await file.read("features")).toEqual(features);
});

test("arrays that do not fit are refused by name", async () => {
  const write = (more: object) => npzBytes([{ name: "a", shape: [2], data: Float32Array.of(1, 2), ...more }]);
  await expect(write({ shape: [3] })).rejects.toThrow('npzBytes: "a" of shape [3] must fit its 2 elements');
  await expect(write({ name: "../a" })).rejects.toThrow("npzBytes: name must be a file name without slashes");
  await expect(write({ data: [1, 2] })).rejects.toThrow(
    "data must be a Float32Array, an Int32Array or strings",
  );
  const one = { name: "a", shape: [1], data: ["x"] };
  await expect(npzBytes([one, one])).rejects.toThrow('npzBytes: there are two arrays "a"');
});
