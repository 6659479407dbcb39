// SavedModels that TensorFlow wrote, run by tfjs; and what damages or lies in them.
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { openTensorBundle } from "named-weights";
import { fileSource } from "safetensors-io/node";
import { emptyFolder, errorOverLargest, fixturesOf, parity } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { savedModelToGraph } from "./index.ts";
import { loadSavedModel } from "./node.ts";

const fixtures = fixturesOf(import.meta.url);
const folder = (name: string) => fileURLToPath(fixtures.url(name));
let expected: { keras: number[]; nested: Record<string, number[]> };
beforeAll(async () => {
  await startBackend("cpu");
  expected = JSON.parse(await readFile(fixtures.url("saved-models.json"), "utf8"));
});

/** The images of the script. */
const images = () =>
  tf.tensor(
    Float32Array.from({ length: 2 * 16 * 16 * 3 }, (_, i) => (i * 37 + 11) % 256),
    [2, 16, 16, 3],
  );
const variablesOf = async (name: string) =>
  openTensorBundle({
    index: await fileSource(join(folder(name), "variables/variables.index")),
    shard: () => fileSource(join(folder(name), "variables/variables.data-00000-of-00001")),
  });

describe("a model of Keras 3", () => {
  test("gives Keras' probabilities in tfjs, with its signature, and one weight a variable", async () => {
    const artifacts = await loadSavedModel(folder("keras"));
    const model = await loadGraphModel(tf.io.fromMemory(artifacts));
    expect(model.inputs.map(({ shape }) => shape)).toEqual([[-1, 16, 16, 3]]);
    expect(model.outputs.map(({ name }) => name)).toEqual(["output_0"]);
    expect(model.modelSignature).toMatchObject({
      outputs: { output_0: { tensorShape: { dim: [{}, { size: "3" }] } } },
    });
    const output = model.predict(images()) as tf.Tensor;
    parity({
      item: "savedModelToGraph: probabilities of a small Keras 3 model (relative to the largest)",
      ...{ reference: "TensorFlow", version: "2.21.0", backend: "cpu" },
      tolerance: 1e-5, // float32: eight convolutions
      measured: errorOverLargest(output.dataSync() as Float32Array, Float32Array.from(expected.keras)),
    });
    const floats = artifacts.weightSpecs!.filter(
      ({ dtype, shape }) => dtype === "float32" && shape.length > 0,
    );
    expect(floats.length).toBe(28); // the model's weights: two of five convolutions have no bias, four norms
  });

  test("has operations of inference alone", async () => {
    const { modelTopology } = await loadSavedModel(folder("keras"));
    const ops = (modelTopology as { node: { op: string; input?: string[] }[] }).node;
    expect(ops.filter(({ op }) => /Variable|Call|NoOp|Save|Restore|Assign/.test(op))).toEqual([]);
    expect(ops.flatMap(({ input = [] }) => input).filter((name) => name.startsWith("^"))).toEqual([]);
    expect(ops.length).toBeLessThan(120); // of 268, and functions
  });
});

test("functions in functions, of several outputs and called twice, give TensorFlow's values", async () => {
  const model = await loadGraphModel(tf.io.fromMemory(await loadSavedModel(folder("nested"))));
  for (const [name, values] of Object.entries(expected.nested)) {
    const output = model.execute(images(), name) as tf.Tensor;
    const error = errorOverLargest(output.dataSync() as Float32Array, Float32Array.from(values));
    expect(error, name).toBeLessThan(1e-6);
  }
});

describe("a SavedModel that cannot be", () => {
  /** The error of a changed file. */
  async function errorOf(change: (model: Uint8Array) => Uint8Array, name = "nested"): Promise<string> {
    const model = change(await readFile(join(folder(name), "saved_model.pb")));
    return savedModelToGraph({ name: "m", model, variables: await variablesOf(name) }).then(
      () => "",
      (error: Error) => error.message,
    );
  }
  /** The file with a text in place of another of the same length, everywhere. */
  const replaced = (from: string, to: string) => (model: Uint8Array) => {
    expect(to.length).toBe(from.length);
    expect(Buffer.from(model).includes(from)).toBe(true);
    return new Uint8Array(Buffer.from(Buffer.from(model).toString("latin1").replaceAll(from, to), "latin1"));
  };

  test("is cut short: each end is an error of one line that begins with the name", async () => {
    const whole = await readFile(join(folder("nested"), "saved_model.pb"));
    for (let end = 0; end < whole.length; end += 97) {
      const message = await errorOf((model) => model.slice(0, end));
      expect(message, `${end}`).toMatch(/^m: expected a SavedModel that tfjs can run, got: .+/);
      expect(message).not.toContain("\n");
    }
  });

  test("has an operation that tfjs does not know: all are named", async () => {
    expect(await errorOf(replaced("Tanh", "Tanx"))).toBe(
      "m: expected a SavedModel that tfjs can run, got: operations that are not known: Tanx",
    );
  });

  test("has variables of another model, or none", async () => {
    const model = new Uint8Array(await readFile(join(folder("nested"), "saved_model.pb")));
    await expect(savedModelToGraph({ name: "m", model })).rejects.toThrow(/no float32 variable '.*', which/);
    const others = await variablesOf("keras");
    await expect(savedModelToGraph({ name: "m", model, variables: others })).rejects.toThrow(
      /no float32 variable/,
    );
    const own = await variablesOf("nested");
    const tensors = new Map(
      [...own.tensors].map(([key, one]) => [key, { ...one, shape: [7, ...one.shape] }]),
    );
    await expect(savedModelToGraph({ name: "m", model, variables: { ...own, tensors } })).rejects.toThrow(
      /the variable '.*' of \[7,[\d,]+\], where the graph has \[[\d,]+\]/,
    );
  });

  test("has no such signature, or is not one at all", async () => {
    const model = new Uint8Array(await readFile(join(folder("nested"), "saved_model.pb")));
    await expect(savedModelToGraph({ name: "m", model }, { signature: "train" })).rejects.toThrow(
      "m: expected a SavedModel that tfjs can run, got: the signatures serving_default, not 'train'",
    );
    for (const bytes of [
      new Uint8Array(),
      new TextEncoder().encode("<html>"),
      new Uint8Array(1000).fill(255),
    ])
      await expect(savedModelToGraph({ name: "m", model: bytes })).rejects.toThrow(
        /^m: expected a SavedModel/,
      );
  });

  test("is damaged in its variables", async () => {
    const own = join(await emptyFolder(), "keras");
    await cp(folder("keras"), own, { recursive: true });
    const data = join(own, "variables/variables.data-00000-of-00001");
    const bytes = await readFile(data);
    for (let at = 0; at < bytes.length; at += 20) bytes[at]! ^= 1;
    await writeFile(data, bytes);
    await expect(loadSavedModel(own)).rejects.toThrow(/variables\.index: .*CRC/);
    await rm(data);
    await expect(loadSavedModel(own)).rejects.toThrow(
      `${join(own, "variables", "variables.index")}: expected variables.data-00000-of-00001 beside variables.index, got no such file`,
    );
    await rm(join(own, "saved_model.pb"));
    await expect(loadSavedModel(own)).rejects.toThrow(/saved_model\.pb/);
  });

  describe("of functions and constants made for it", () => {
    type Write = (writer: BinaryWriter) => BinaryWriter;
    const message = (write: Write): Uint8Array => write(new BinaryWriter()).finish();
    const inner = (field: number, write: Write) => (writer: BinaryWriter) =>
      writer.tag(field, 2).bytes(message(write));
    const text = (field: number, value: string) => (writer: BinaryWriter) =>
      writer.tag(field, 2).string(value);
    const all =
      (...writes: Write[]): Write =>
      (writer) =>
        writes.reduce((w, write) => write(w), writer);
    const attribute = (key: string, write: Write) => inner(5, all(text(1, key), inner(2, write)));
    const node = (field: number, name: string, op: string, inputs: string[], ...attributes: Write[]) =>
      inner(field, all(text(1, name), text(2, op), ...inputs.map((one) => text(3, one)), ...attributes));
    const call = (field: number, name: string, called: string, inputs: string[]) =>
      node(field, name, "PartitionedCall", inputs, attribute("f", inner(10, text(1, called))));
    const functionOf = (name: string, output: string, ...nodes: Write[]) =>
      inner(
        1,
        all(
          inner(1, all(text(1, name), inner(2, text(1, "x")), inner(3, text(1, "y")))),
          ...nodes,
          inner(4, all(text(1, "y"), text(2, output))),
        ),
      );
    /** A SavedModel whose output `y` is a tensor of the graph. */
    const savedModel = (output: string, nodes: Write[], functions: Write[] = []): Uint8Array =>
      message(
        inner(
          2,
          all(
            inner(1, text(4, "serve")),
            inner(2, all(...nodes, inner(2, all(...functions)))),
            inner(
              5,
              all(
                text(1, "serving_default"),
                inner(2, inner(2, all(text(1, "y"), inner(2, text(1, output))))),
              ),
            ),
          ),
        ),
      );
    const of = (model: Uint8Array) => savedModelToGraph({ name: "m", model });

    test("functions that double: the number of nodes is bounded, and it takes no time", async () => {
      const functions = Array.from({ length: 40 }, (_, i) =>
        functionOf(
          `f${i}`,
          "b:y:0",
          ...[call(3, "a", `f${i + 1}`, ["x"]), call(3, "b", `f${i + 1}`, ["a:y:0"])],
        ),
      );
      const last = functionOf("f40", "n:y:0", node(3, "n", "Tanh", ["x"]));
      const model = savedModel(
        "c:0",
        [node(1, "p", "Placeholder", []), call(1, "c", "f0", ["p"])],
        [...functions, last],
      );
      await expect(of(model)).rejects.toThrow("expected at most 200000 nodes once functions are inlined");
    });

    test("recursion, circles and depth", async () => {
      const start = [node(1, "p", "Placeholder", []), call(1, "c", "f0", ["p"])];
      const itself = functionOf("f0", "a:y:0", call(3, "a", "f0", ["x"]));
      await expect(of(savedModel("c:0", start, [itself]))).rejects.toThrow("the function 'f0' calls itself");
      const deep = Array.from({ length: 150 }, (_, i) =>
        functionOf(`f${i}`, "a:y:0", call(3, "a", `f${i + 1}`, ["x"])),
      );
      await expect(of(savedModel("c:0", start, deep))).rejects.toThrow(
        "expected at most 100 calls in one another",
      );
      await expect(of(savedModel("c:0", start))).rejects.toThrow(
        "calls the function 'f0', which is not there",
      );
      const circle = [node(1, "a", "Tanh", ["b"]), node(1, "b", "Tanh", ["a"])];
      await expect(of(savedModel("a:0", circle))).rejects.toThrow(/the node '[ab]' depends on itself/);
      await expect(of(savedModel("a:0", [node(1, "a", "Tanh", ["none"])]))).rejects.toThrow("no node 'none'");
      const twice = [node(1, "a", "Const", []), node(1, "a", "Const", [])];
      await expect(of(savedModel("a:0", twice))).rejects.toThrow("two nodes have the name 'a'");
    });

    test("thousands of nodes in a row are no recursion", async () => {
      const chain = Array.from({ length: 20_000 }, (_, i) =>
        node(1, `n${i}`, "Tanh", [i === 0 ? "p" : `n${i - 1}`]),
      );
      const { modelTopology } = await of(savedModel("n19999:0", [node(1, "p", "Placeholder", []), ...chain]));
      expect((modelTopology as { node: object[] }).node.length).toBe(20_002);
    });

    test("constants whose sizes lie", async () => {
      const shape = (...sides: number[]) =>
        inner(2, all(...sides.map((side) => inner(2, (writer) => writer.tag(1, 0).int64(side)))));
      const constant = (tensor: Write) => [
        node(
          1,
          "a",
          "Const",
          [],
          attribute(
            "value",
            inner(
              8,
              all((writer) => writer.tag(1, 0).int32(1), tensor),
            ),
          ),
        ),
      ];
      const value = (numbers: number[]) =>
        all(...numbers.map((one) => (writer: BinaryWriter) => writer.tag(5, 5).float(one)));
      const huge = savedModel("a:0", constant(all(shape(2 ** 20, 2 ** 20), value([1]))));
      await expect(of(huge)).rejects.toThrow(/expected at most 16777216 repeated values/);
      const short = constant(
        all(shape(3), (writer: BinaryWriter) => writer.tag(4, 2).bytes(new Uint8Array(8))),
      );
      await expect(of(savedModel("a:0", short))).rejects.toThrow("expected 12 bytes of [3], got 8");
      await expect(of(savedModel("a:0", constant(all(shape(2), value([1, 2, 3])))))).rejects.toThrow(
        "expected 2 values, got 3",
      );
      await expect(of(savedModel("a:0", constant(shape(-1))))).rejects.toThrow("got an unknown one");
      const whole = await of(savedModel("a:0", constant(all(shape(2, 2), value([5])))));
      expect([...new Float32Array(whole.weightData as ArrayBuffer)]).toEqual([5, 5, 5, 5]);
    });
  });
});
