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
