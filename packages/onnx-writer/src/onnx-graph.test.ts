import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";
import { describe, expect, test } from "vitest";
import { OnnxGraph } from "./index.ts";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

/** What ONNX Runtime computes. */
async function outputsOf(
  file: Uint8Array,
  inputs: Readonly<Record<string, ort.Tensor>> = {},
): Promise<Record<string, { type: string; dims: readonly number[]; data: unknown }>> {
  const session = await ort.InferenceSession.create(file);
  const outputs = await session.run(inputs);
  const read = Object.entries(outputs).map(([name, { type, dims, data }]) => [name, { type, dims, data }]);
  await session.release();
  return Object.fromEntries(read);
}

const floats = (shape: readonly number[], ...data: number[]) =>
  ({ dtype: "float32", shape, data: Float32Array.from(data) }) as const;

describe("OnnxGraph", () => {
  test("makes a model that ONNX Runtime runs at any batch size", async () => {
    const graph = new OnnxGraph({ name: "affine" });
    const x = graph.input("x", "float32", ["batch_size", 2]);
    const product = graph.node("MatMul", [x, graph.constant(floats([2, 3], 1, 2, 3, 4, 5, 6), "kernel")]);
    const y = graph.node("Add", [product, graph.constant(floats([3], 0.5, 0, -0.5))], {}, { outputs: ["y"] });
    graph.output(y, "float32", ["batch_size", 3]);
    const file = graph.file();
    for (const [rows, expected] of [
      [
        [1, 1],
        [5.5, 7, 8.5],
      ],
      [
        [1, 0, 0, 1],
        [1.5, 2, 2.5, 4.5, 5, 5.5],
      ],
    ] as const) {
      const input = new ort.Tensor("float32", Float32Array.from(rows), [rows.length / 2, 2]);
      const { y: answer } = await outputsOf(file, { x: input });
      expect(answer).toEqual({
        ...{ type: "float32", dims: [rows.length / 2, 3] },
        data: Float32Array.from(expected),
      });
    }
  });

  test.each([
    ["float32", Float32Array.of(-1.5, 0, 3e38), Float32Array.of(-1.5, 0, 3e38)],
    ["float64", Float64Array.of(-1.5, 1e-300, 3e300), Float64Array.of(-1.5, 1e-300, 3e300)],
    ["float16", Uint16Array.of(0x3c00, 0xc000, 0x7bff), Float32Array.of(1, -2, 65504)],
    ["int64", BigInt64Array.of(-1n, 0n, 2n ** 62n), BigInt64Array.of(-1n, 0n, 2n ** 62n)],
    ["int32", Int32Array.of(-(2 ** 31), 0, 7), Int32Array.of(-(2 ** 31), 0, 7)],
    ["int8", Int8Array.of(-128, 0, 127), Int8Array.of(-128, 0, 127)],
    ["uint8", Uint8Array.of(0, 128, 255), Uint8Array.of(0, 128, 255)],
    ["bool", Uint8Array.of(0, 1, 1), Uint8Array.of(0, 1, 1)],
  ] as const)("holds constants of %s", async (dtype, data, expected) => {
    const graph = new OnnxGraph();
    const value = graph.constant({ dtype, shape: [3], data });
    const isHalf = dtype === "float16"; // read as float32
    const y = isHalf ? graph.node("Cast", [value], { to: { int: 1 } }) : graph.node("Identity", [value]);
    graph.output(y, isHalf ? "float32" : dtype, [3]);
    const [output] = Object.values(await outputsOf(graph.file()));
    expect(output!.data).toEqual(expected);
  });

  test("takes scalars, empty tensors and views of an array", async () => {
    const graph = new OnnxGraph();
    const scalar = graph.constant(floats([], 2));
    const view = graph.constant({
      dtype: "float32",
      shape: [2],
      data: Float32Array.of(9, 3, 4, 9).subarray(1, 3),
    });
    const none = graph.constant(floats([0, 2]));
    graph.output(graph.node("Mul", [view, scalar], {}, { outputs: ["product"] }), "float32", [2]);
    graph.output(graph.node("Identity", [none], {}, { outputs: ["none"] }), "float32", [0, 2]);
    const { product, none: empty } = await outputsOf(graph.file());
    expect(product!.data).toEqual(Float32Array.of(6, 8));
    expect(empty!.dims).toEqual([0, 2]);
  });

  test("writes attributes of every kind", async () => {
    const graph = new OnnxGraph();
    const x = graph.constant(floats([1, 2], 1, 3));
    const normalized = graph.node(
      "LayerNormalization",
      [x, graph.constant(floats([2], 1, 1))],
      { axis: { int: -1 }, epsilon: { float: 3 } }, // variance 1: (x − 2) / √(1 + 3)
      { outputs: ["float and int"] },
    );
    const turned = graph.node(
      "Transpose",
      [x],
      { perm: { ints: [1, 0] } },
      { outputs: ["ints"], name: "turn" },
    );
    const padded = graph.node(
      "Pad",
      [x, graph.constant({ dtype: "int64", shape: [4], data: BigInt64Array.of(0n, 1n, 0n, 0n) })],
      { mode: { string: "edge" } },
      { outputs: ["string"] },
    );
    const list = graph.node(
      "Constant",
      [],
      { value_floats: { floats: [0.25, -4] } },
      { outputs: ["floats"] },
    );
    graph.output(normalized, "float32", [1, 2]);
    graph.output(turned, "float32", [2, 1]);
    graph.output(padded, "float32", [1, 3]);
    graph.output(list, "float32", [2]);
    const outputs = await outputsOf(graph.file());
    expect(outputs["float and int"]!.data).toEqual(Float32Array.of(-0.5, 0.5));
    expect(outputs.ints!.dims).toEqual([2, 1]);
    expect(outputs.string!.data).toEqual(Float32Array.of(1, 1, 3));
    expect(outputs.floats!.data).toEqual(Float32Array.of(0.25, -4));
  });

  test("adds nodes with several outputs, and leaves out optional inputs", async () => {
    const graph = new OnnxGraph();
    const x = graph.input("x", "float32", [4]);
    const [first, second] = graph.nodes(
      "Split",
      [x, graph.constant({ dtype: "int64", shape: [2], data: BigInt64Array.of(1n, 3n) })],
      2,
    );
    const least = graph.node("Clip", [second!, "", graph.constant(floats([], 2.5))]); // max without min
    graph.output(first!, "float32", [1]);
    graph.output(least, "float32", [3]);
    const input = new ort.Tensor("float32", Float32Array.of(9, 1, 2, 3), [4]);
    const outputs = await outputsOf(graph.file(), { x: input });
    expect(outputs[first!]!.data).toEqual(Float32Array.of(9));
    expect(outputs[least]!.data).toEqual(Float32Array.of(1, 2, 2.5));
  });

  test("writes the bytes that ONNX's own library writes", () => {
    const graph = new OnnxGraph({ name: "g" });
    const x = graph.input("x", "float32", ["n", 1]);
    const c = graph.constant(floats([1], 2), "c");
    graph.output(graph.node("Mul", [x, c], {}, { outputs: ["y"], name: "mul" }), "float32", ["n", 1]);
    const file = graph.file({ producer: "p", producerVersion: "1", description: "d", metadata: { k: "v" } });
    const golden = readFileSync(new URL("../fixtures/helper.onnx", import.meta.url)); // by onnx_helper.py
    expect(Buffer.from(file).toString("hex")).toBe(golden.toString("hex"));
  });

  test("refuses names that are taken or not there, and data that do not fit", () => {
    const graph = new OnnxGraph();
    const x = graph.input("x", "float32", [1]);
    expect(() => graph.input("x", "float32", [1])).toThrow(
      "OnnxGraph.input: expected a new name, got 'x' again",
    );
    expect(() => graph.input("", "float32", [1])).toThrow(
      'OnnxGraph.input: name must be a string of at least one character, got ""',
    );
    expect(() => graph.input("z", "float32", [1.5])).toThrow(
      "OnnxGraph.input: shape must be a list of integers >= 0 or names, got [1.5]",
    );
    expect(() => graph.input("z", "float" as "float32", [1])).toThrow(
      'OnnxGraph.input: dtype must be "float32"',
    );
    expect(() => graph.node("Relu", ["y"])).toThrow(
      "OnnxGraph.node Relu: expected a value of the graph, got 'y'",
    );
    expect(() => graph.nodes("Split", [x], 2, {}, { outputs: ["a"] })).toThrow(
      "OnnxGraph.node Split: outputs must be 2 names, got 1",
    );
    graph.node("Relu", [x], {}, { name: "relu" });
    expect(() => graph.node("Relu", [x], {}, { name: "relu" })).toThrow(
      "OnnxGraph.node Relu: name must be of one node only, got 'relu' again",
    );
    expect(() => graph.node("Softmax", [x], { axis: { int: 0.5 } })).toThrow(
      "OnnxGraph.node Softmax: axis must be an integer, got 0.5",
    );
    expect(() => graph.node("Softmax", [x], { axis: {} as { int: number } })).toThrow(
      "OnnxGraph.node Softmax: axis must have one of float, int, string, floats, ints, got ''",
    );
    expect(() => graph.constant(floats([2], 1))).toThrow(
      "OnnxGraph.constant: shape [2] must have 2 elements, got 1",
    );
    expect(() => graph.constant({ dtype: "int64", shape: [1], data: Int32Array.of(1) })).toThrow(
      "OnnxGraph.constant: data of int64 must be a BigInt64Array, got a Int32Array",
    );
    expect(() => graph.output("nothing", "float32", [1])).toThrow(
      "OnnxGraph.output: expected a value of the graph, got 'nothing'",
    );
    expect(() => graph.file()).toThrow("OnnxGraph.file: expected an output, got none");
    expect(() => new OnnxGraph({ opset: 12 })).toThrow(
      "OnnxGraph: opset must be an integer in [13, 24], got 12",
    );
  });
});
