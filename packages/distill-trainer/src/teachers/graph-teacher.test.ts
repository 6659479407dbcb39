import { readFileSync } from "node:fs";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { errorOverLargest, parity } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { graphTeacher } from "../index.ts";
import { readGolden, TEACHERS, teacherImages } from "./test-data.ts";

const golden = readGolden("keras.json");

async function graphModel() {
  const { modelTopology, signature, weightSpecs, weightData } = JSON.parse(
    readFileSync(new URL("graph-model.json", TEACHERS), "utf8"),
  );
  const data = Uint8Array.from(Buffer.from(weightData, "base64")).buffer;
  return await loadGraphModel(tf.io.fromMemory({ modelTopology, signature, weightSpecs, weightData: data }));
}

describe.each(PARITY_BACKENDS)("graphTeacher on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test("gives Keras' logits, and leaks nothing", async () => {
    const teacher = graphTeacher(await graphModel());
    expect(teacher.classes).toBe(5);
    const images = teacherImages();
    const before = tf.memory().numTensors;
    const logits = await teacher.logits(images);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(logits.shape).toEqual([3, 5]);
    parity({
      item: "graphTeacher: logits of a small Keras model (relative to the largest)",
      reference: "Keras",
      version: "2.15.0",
      backend,
      tolerance: 1e-5, // float32: a convolution, a mean, a product
      measured: errorOverLargest(logits.dataSync() as Float32Array, Float32Array.from(golden.logits)),
    });
  });

  test("gives the outputs of its nodes with the logits, in one pass", async () => {
    const teacher = graphTeacher(await graphModel());
    const node = "sequential/stem/Relu";
    const shape = teacher.layers.shapeOf(node);
    expect(shape.length).toBe(3);
    const images = teacherImages();
    const before = tf.memory().numTensors;
    const { logits, features } = await teacher.layers.run(images, [node]);
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(features[0]!.shape).toEqual([3, ...shape]);
    expect(logits.dataSync()).toEqual((await teacher.logits(images)).dataSync());
    const means = tf.mean(features[0]!, [1, 2]); // the layer after it
    const { features: next } = await teacher.layers.run(images, ["sequential/pool/Mean"]);
    expect(
      errorOverLargest(means.dataSync() as Float32Array, next[0]!.dataSync() as Float32Array),
    ).toBeLessThan(1e-5);
    expect(() => teacher.layers.shapeOf("stem/Relu")).toThrow(
      "graphTeacher: the graph must have a node 'stem/Relu', got …",
    );
  });

  test("preprocesses as it is told to", async () => {
    const teacher = graphTeacher(await graphModel(), { preprocess: (x) => tf.mul(x, 2 / 255) });
    const [plain, doubled] = [
      await graphTeacher(await graphModel()).logits(tf.mul(teacherImages(), 2)),
      await teacher.logits(teacherImages()),
    ];
    expect(
      errorOverLargest(doubled.dataSync() as Float32Array, plain.dataSync() as Float32Array),
    ).toBeLessThan(1e-6);
  });
});

describe("graphTeacher", () => {
  const outputs = (...shapes: (number[] | undefined)[]) =>
    ({
      outputs: shapes.map((shape, i) => ({ name: `o${i}`, dtype: "float32", ...(shape && { shape }) })),
      predict: (x: tf.Tensor) => [tf.zeros([x.shape[0]!, 2]), tf.ones([x.shape[0]!, 3])],
    }) as unknown as tf.InferenceModel;
  beforeAll(() => startBackend("cpu"));

  test("takes the output that is named, and frees the others", async () => {
    const teacher = graphTeacher(outputs([-1, 2], [-1, 3]), { output: "o1" });
    const images = tf.ones([4, 1]);
    const before = tf.memory().numTensors;
    const logits = await teacher.logits(images);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(logits.arraySync()).toEqual(new Array(4).fill([1, 1, 1]));
  });

  test.each([
    [
      [
        [-1, 2],
        [-1, 3],
      ],
      {},
      "output must be one of o0, o1; none was named",
    ],
    [[[-1, 2]], { output: "o7" }, "output must be one of o0; got 'o7'"],
    [[[-1, 2]], { classes: 3 }, "the output 'o0' has 2 classes, classes is 3"],
    [[[-1, -1]], {}, "the output 'o0' does not say how many classes it has, classes is not given"],
    [[undefined], {}, "the output 'o0' does not say how many classes it has, classes is not given"],
    [[[-1, 7, 7, 2]], { classes: 2 }, "the output 'o0' must have the shape [batch, classes], got [-1,7,7,2]"],
  ])("refuses outputs %j with %j", (shapes, options, message) => {
    expect(() => graphTeacher(outputs(...shapes), options)).toThrow(
      new RangeError(`graphTeacher: ${message}`),
    );
  });

  test("takes classes where the model does not say", () => {
    expect(graphTeacher(outputs([-1, -1]), { classes: 9 }).classes).toBe(9);
    expect(graphTeacher(outputs(undefined), { classes: 9 }).classes).toBe(9);
  });
});
