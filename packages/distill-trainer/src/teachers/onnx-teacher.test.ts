import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import * as ort from "onnxruntime-web";
import { errorOverLargest, parity } from "test-kit";
import { BACKENDS, startParityBackend } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";
import { onnxTeacher } from "../index.ts";
import { readGolden, TEACHERS, teacherImages } from "./test-data.ts";

const golden = readGolden("torch.json");
ort.env.wasm.numThreads = 1;
const session = (name: string): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(readFileSync(new URL(name, TEACHERS)));

describe.each(BACKENDS)("onnxTeacher with the student on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each([
    ["nchw.onnx", {}],
    ["nhwc.onnx", { layout: "NHWC", output: "logits" }],
  ] as const)("gives PyTorch's logits of %s, and leaks nothing", async (name, options) => {
    const teacher = onnxTeacher(ort, await session(name), options);
    expect(teacher.classes).toBe(5);
    const images = teacherImages();
    const before = tf.memory().numTensors;
    const logits = await teacher.logits(images);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(logits.shape).toEqual([3, 5]);
    parity({
      item: `onnxTeacher, ${name}: logits of a small model (relative to the largest)`,
      reference: "PyTorch",
      version: "2.15.0",
      backend,
      tolerance: 1e-5, // float32: a convolution, GELU, a mean, a product
      measured: errorOverLargest(logits.dataSync() as Float32Array, Float32Array.from(golden.logits)),
    });
    const identity = onnxTeacher(ort, await session(name), { ...options, preprocess: (x) => x });
    const scaled = tf.div(images, 255);
    expect((await identity.logits(scaled)).dataSync()).toEqual(logits.dataSync());
    expect(scaled.isDisposed).toBe(false);
  });
});

describe("onnxTeacher", () => {
  test("gives other outputs as layers, channels last, with the logits, in one pass of a fixed batch", async () => {
    await startParityBackend("cpu");
    const known = JSON.parse(readFileSync(new URL("onnx.json", TEACHERS), "utf8")) as Record<
      string,
      number[]
    >;
    const teacher = onnxTeacher(ort, await session("maps.onnx"), { output: "scores", outputs: "logits" });
    expect(teacher.layers.shapeOf("map")).toEqual([4, 8, 4]);
    const images = teacherImages();
    const before = tf.memory().numTensors;
    const { logits, features } = await teacher.layers.run(images, ["map"]);
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(features[0]!.shape).toEqual([3, 4, 8, 4]);
    for (const [tensor, name] of [
      [logits, "maps.onnx"],
      [features[0]!, "maps.onnx: map"],
    ] as const) {
      const values = tensor.dataSync() as Float32Array;
      expect(errorOverLargest(values, Float32Array.from(known[name]!))).toBeLessThan(1e-5);
    }
    expect(() => teacher.layers.shapeOf("maps")).toThrow(
      "onnxTeacher: the session must have an output 'maps', got scores, map; did you mean 'map'?",
    );
  });

  test("refuses what is not clear", async () => {
    expect(() => onnxTeacher(ort, { ...two, inputNames: ["a", "b"] })).toThrow(
      "onnxTeacher: the session must have one input, got [a,b]",
    );
    expect(() => onnxTeacher(ort, two)).toThrow("onnxTeacher: output must be one of x, y; none was named");
    expect(() => onnxTeacher(ort, two, { output: "y" })).toThrow("does not say how many classes it has");
    expect(() => onnxTeacher(ort, two, { output: "y", classes: 3, layout: "CHW" as "NCHW" })).toThrow(
      `onnxTeacher: layout must be "NCHW" or "NHWC", got 'CHW'`,
    );
    const named = onnxTeacher(ort, await session("nhwc.onnx"), { output: "probabilities", layout: "NHWC" });
    const logits = await named.logits(teacherImages());
    expect(named.outputs).toBe("probabilities");
    const [answers, known] = [logits, tf.tensor2d([...golden.logits], [3, 5])].map((x) =>
      tf.softmax(x).dataSync(),
    );
    expect(errorOverLargest(answers as Float32Array, known as Float32Array)).toBeLessThan(1e-5);
  });

  /** Session of an older runtime, which has no shapes. */
  const two = { inputNames: ["a"], outputNames: ["x", "y"], run: () => Promise.reject(new Error("unused")) };
});
