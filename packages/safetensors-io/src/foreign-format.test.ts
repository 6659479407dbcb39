import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { bytesSource, foreignFormat, notFinite, openSafetensors, safetensorsBytes } from "./index.ts";

const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const zip = (member: string) => latin1(`PK\x03\x04${"\0".repeat(26)}${member}${"x".repeat(100)}`);
const index = JSON.stringify({ metadata: { total_size: 9 }, weight_map: { "head.bias": "a.safetensors" } });

test.each<[string, Uint8Array, string]>([
  [
    "a .pth",
    zip("archive/data.pkl"),
    "expected safetensors, got a PyTorch checkpoint (.pth, .pt, .bin): open it",
  ],
  ["an old .pth", latin1("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."), "got a Python pickle"],
  ["a .npz", zip("resnet/head.npy"), "got a NumPy .npz archive: open it with openNpz"],
  ["another zip", zip("readme.txt"), "got a zip archive: unpack it first"],
  [
    "a Git LFS pointer",
    latin1("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
    "got a Git LFS pointer, not the file: run git lfs pull",
  ],
  ["a page", latin1("\r\n<!DOCTYPE html><html><body>Sign in</body></html>"), "got an HTML page"],
  ["a page with a byte-order mark", latin1("\xef\xbb\xbf<html lang='en'>"), "got an HTML page"],
  ["a server's error", latin1("<?xml version='1.0'?><Error/>"), "got an XML document"],
  ["an index", latin1(index), "got the index of a checkpoint in several files"],
  ["a config", latin1('{\n  "model_type": "deit"\n}'), "got JSON text"],
  ["gzip data", gzipSync(await safetensorsBytes([])), "got gzip data: unpack it first"],
  ["gzip data of 600 KB", latin1(`\x1f\x8b\x08\0\0\0\0\0${"x".repeat(600_000)}`), "got gzip data"],
  ["a Keras .h5", latin1(`\x89HDF\r\n\x1a\n${"\0".repeat(90)}`), "got an HDF5 file"],
  ["a .npy", latin1(`\x93NUMPY\x01\0v\0{'descr': '<f4'}`), "got a NumPy .npy array"],
])("%s is called what it is", async (_, bytes, message) => {
  const opening = openSafetensors(bytesSource(bytes, "model.safetensors"));
  await expect(opening).rejects.toThrow("openSafetensors: model.safetensors: expected safetensors, ");
  await expect(opening).rejects.toThrow(message);
});

test("what is safetensors, or nothing known, is not taken for another format", async () => {
  const data = Float32Array.of(1);
  expect(foreignFormat(await safetensorsBytes([{ name: "a", shape: [1], data }]))).toBeUndefined();
  expect(foreignFormat(new Uint8Array(100))).toBeUndefined();
  expect(foreignFormat(new Uint8Array(0))).toBeUndefined();
});

test("numbers that are not finite are counted", () => {
  expect(notFinite(Float32Array.of(1, 0, -0, 3e38))).toBeUndefined();
  const values = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1);
  expect(notFinite(values)).toBe("1 NaN and 2 infinite among 4 numbers");
});
