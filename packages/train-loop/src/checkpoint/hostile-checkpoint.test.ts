import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { loadCheckpointWeights } from "./load-weights.ts";
import { checkpointName } from "./read-checkpoint.ts";
import { encodeTensorFile, type TensorFile } from "./tensor-file.ts";

const STATE = {
  progress: { step: 3, epoch: 0, batch: 3, logs: {}, history: { epoch: [], history: {} }, stopped: false },
  settings: {},
  averageUpdates: 0,
};
const weights = [
  { name: "model/0000/kernel", shape: [2, 1], data: Float32Array.of(1, 2) },
  { name: "model/0001/bias", shape: [1], data: Float32Array.of(3) },
];

beforeAll(() => startBackend("cpu"));

/** A checkpoint whose header is changed as text; its length and checksum are right. */
async function changed(
  content: TensorFile,
  change: (header: string) => string,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = Buffer.from(await encodeTensorFile(content));
  const start = 8 + Number(file.readBigUInt64LE());
  const header = Buffer.from(change(file.toString("utf8", 8, start)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const body = Buffer.concat([length, header, file.subarray(start, -32)]);
  return new Uint8Array(Buffer.concat([body, createHash("sha256").update(body).digest()]));
}

describe("a checkpoint with a right checksum is refused by name, and changes nothing, when", () => {
  const same = (header: string) => header;
  const content = { state: STATE, tensors: weights };
  test.each<[string, TensorFile, (header: string) => string, string]>([
    ["its header is no JSON", content, (header) => header.slice(1), "the header: expected { at character 0"],
    ["its header is a list", content, () => "[]", "the header: expected { at character 0"],
    ["a type is unknown", content, (header) => header.replace('"F32"', '"F64"'), "F64 [2,1] takes 16 bytes"],
    ["a shape is none", content, (header) => header.replace("[2,1]", "null"), '"model/0000/kernel"'],
    ["a shape does not fit", content, (header) => header.replace("[2,1]", "[2,2]"), '"model/0000/kernel"'],
    [
      "a place is none",
      content,
      (header) => header.replace('"data_offsets":[0,8]', '"x":1'),
      '"model/0000/kernel"',
    ],
    ["a place lies outside", content, (header) => header.replace("[0,8]", "[1000,1008]"), "within"],
    [
      "its last weights are integers",
      { ...content, tensors: [weights[0]!, { ...weights[1]!, data: Int32Array.of(3) }] },
      same,
      "expected float32 as 'model/0001/bias', got int32",
    ],
    [
      "its state is another",
      { ...content, state: { progress: { step: "3" } } },
      same,
      "expected a state of a run",
    ],
    ["its state is none", { ...content, state: null }, same, "expected a state that is an object"],
    [
      "a weight is NaN",
      { ...content, tensors: [weights[0]!, { ...weights[1]!, data: Float32Array.of(Number.NaN) }] },
      same,
      "weight 1 must hold finite numbers, got NaN",
    ],
    ["two weights changed places", { ...content, tensors: [...weights].reverse() }, same, "'0000/…'"],
    ["a weight is missing", { ...content, tensors: weights.slice(1) }, same, "expected 2 weights, got 1"],
  ])("%s", async (_, tensorFile, change, problem) => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 1, inputShape: [2] })] });
    const before = model.getWeights().map((weight) => [...weight.dataSync()]);
    const { numTensors } = tf.memory();
    const bytes = await changed(tensorFile, change);
    const storage = {
      list: async () => [checkpointName(3)],
      read: async () => bytes.slice(),
      write: async () => {},
      remove: async () => {},
    };
    await expect(loadCheckpointWeights(model, storage)).rejects.toThrow(problem);
    expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
    expect(tf.memory().numTensors).toBe(numTensors);
    model.dispose();
  });
});
