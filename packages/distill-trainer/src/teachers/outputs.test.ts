import { readFileSync } from "node:fs";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import * as ort from "onnxruntime-web";
import { errorOverLargest } from "test-kit";
import { BACKENDS, startParityBackend } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";
import {
  Classifier,
  Distiller,
  distillationLoss,
  graphTeacher,
  layersTeacher,
  onnxTeacher,
  selectClasses,
  toLogits,
} from "../index.ts";
import { TEACHERS, teacherImages } from "./test-data.ts";

ort.env.wasm.numThreads = 1;

interface Ending {
  readonly layers: { modelTopology: object; weightSpecs: tf.io.WeightsManifestEntry[]; weightData: string };
  readonly graph: Ending["layers"] & { signature: object };
  readonly outputs: number[];
  readonly logits: number[];
}
const golden = JSON.parse(readFileSync(new URL("activations.json", TEACHERS), "utf8")) as Record<
  "softmax" | "sigmoid",
  Ending
>;
const memory = ({ weightData, ...rest }: Ending["layers"]) =>
  tf.io.fromMemory({ ...rest, weightData: Uint8Array.from(Buffer.from(weightData, "base64")).buffer });
const softmax = async (logits: tf.Tensor) => tf.tidy(() => tf.softmax(logits)).data();
const TOLERANCE = 1e-5; // float32: a convolution, a mean, a product, a logarithm

describe.each(BACKENDS)("what a model ends in, on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each([
    ["softmax", "layers", "probabilities"],
    ["softmax", "graph", "probabilities"],
    ["sigmoid", "layers", "sigmoid"],
    ["sigmoid", "graph", "sigmoid"],
  ] as const)("a Keras %s in a %s model becomes Keras' logits", async (activation, kind, outputs) => {
    const { logits: known, outputs: probabilities } = golden[activation];
    const teacher =
      kind === "layers"
        ? layersTeacher(await tfl.loadLayersModel(memory(golden[activation].layers)))
        : graphTeacher(await loadGraphModel(memory(golden[activation].graph)));
    expect(teacher.outputs).toBe(outputs); // before it is asked
    const images = teacherImages();
    const before = tf.memory().numTensors;
    const logits = await teacher.logits(images);
    expect(tf.memory().numTensors).toBe(before + 1);
    if (activation === "sigmoid") {
      expect(errorOverLargest(logits.dataSync(), Float32Array.from(known))).toBeLessThan(TOLERANCE);
    } else {
      expect(errorOverLargest(await softmax(logits), Float32Array.from(probabilities))).toBeLessThan(
        TOLERANCE,
      );
      const loss = (teacherLogits: tf.Tensor2D) =>
        distillationLoss({ kind: "soft", temperature: 3 }, teacherLogits, tf.zeros([3, 5])).dataSync();
      const expected = loss(tf.tensor2d(known, [3, 5]));
      expect(errorOverLargest(loss(logits), expected)).toBeLessThan(1e-4); // of small differences of logarithms
    }
  });

  test("is seen from the rows where no layer says it, with a few images as with many", async () => {
    const input = tfl.input({ shape: [8, 8, 3] });
    const inner = await tfl.loadLayersModel(memory(golden.softmax.layers));
    const answer = inner.apply(input) as tfl.SymbolicTensor;
    const mean = tfl.layers.average().apply([answer, answer]) as tfl.SymbolicTensor; // as an ensemble
    const teacher = layersTeacher(tfl.model({ inputs: input, outputs: mean }));
    expect(teacher.outputs).toBeUndefined();
    const logits = await teacher.logits(teacherImages());
    expect(teacher.outputs).toBe("probabilities");
    expect(errorOverLargest(await softmax(logits), Float32Array.from(golden.softmax.outputs))).toBeLessThan(
      TOLERANCE,
    );
  });

  test("one image whose logits sum to 1 by chance is not taken for probabilities", async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({ units: 2, inputShape: [2], useBias: false, trainable: false }),
        tfl.layers.leakyReLU({ alpha: 1 }), // says nothing of what it gives
      ],
    });
    model.setWeights([tf.eye(2)]);
    const teacher = layersTeacher(model, { preprocess: (x) => x });
    const logits = await teacher.logits(tf.tensor2d([[0.25, 0.75]]));
    expect(teacher.outputs).toBe("logits");
    expect(logits.arraySync()).toEqual([[0.25, 0.75]]);
  });

  test("reads through nested models and layers that pass on what they get", async () => {
    const last = (...layers: tfl.layers.Layer[]) =>
      layersTeacher(
        tfl.sequential({
          layers: [tfl.sequential({ layers: [tfl.layers.dense({ units: 4, inputShape: [4] })] }), ...layers],
        }),
      ).outputs;
    expect(last()).toBe("logits");
    expect(last(tfl.layers.softmax())).toBe("probabilities");
    expect(last(tfl.layers.activation({ activation: "softmax" }), tfl.layers.dropout({ rate: 0.1 }))).toBe(
      "probabilities",
    );
    const head = tfl.sequential({
      layers: [tfl.layers.dense({ units: 3, activation: "softmax", inputShape: [4] })],
    });
    expect(last(head)).toBe("probabilities"); // Teachable Machine's form
    expect(last(tfl.layers.dense({ units: 3, activation: "relu" }))).toBeUndefined();
  });

  test("students that end in a softmax or a sigmoid are refused: their loss takes logits", () => {
    const input = tfl.input({ shape: [4] });
    const head = (name: string, activation: "softmax" | "sigmoid" | "linear") =>
      tfl.layers.dense({ units: 3, name, activation }).apply(input) as tfl.SymbolicTensor;
    const classifier = tfl.model({ inputs: input, outputs: head("top", "softmax") });
    expect(() => new Classifier(classifier)).toThrow(
      "Classifier: the model must give logits, got probabilities ('top'): leave its last activation out",
    );
    const student = tfl.model({ inputs: input, outputs: [head("a", "linear"), head("b", "sigmoid")] });
    const teacher = layersTeacher(tfl.model({ inputs: input, outputs: head("c", "softmax") }));
    expect(() => new Distiller({ student, teacher })).toThrow(
      "Distiller: the model must give logits, got the outputs of a sigmoid ('b'): leave its last activation out",
    );
  });

  test("an option overrules what is read; what cannot be that is refused", async () => {
    const model = await tfl.loadLayersModel(memory(golden.softmax.layers));
    const plain = layersTeacher(model, { outputs: "logits" });
    const logits = await plain.logits(teacherImages());
    expect(errorOverLargest(logits.dataSync(), Float32Array.from(golden.softmax.outputs))).toBeLessThan(
      TOLERANCE,
    );
    const linear = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [2] })] });
    linear.setWeights([tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.zeros([2])]);
    for (const [outputs, message] of [
      ["probabilities", "rows of probabilities that sum to 1, got a batch that begins with 4, 6"],
      ["sigmoid", "numbers in [0, 1], got a batch that begins with 4, 6"],
    ] as const) {
      const teacher = layersTeacher(linear, { outputs, preprocess: (x) => x });
      await expect((async () => teacher.logits(tf.ones([1, 2])))()).rejects.toThrow(
        `layersTeacher: outputs taken as "${outputs}" must be ${message}; say what they are with the option outputs`,
      );
    }
    expect(() => layersTeacher(linear, { outputs: "softmax" as "logits" })).toThrow(
      `layersTeacher: outputs must be "auto" or "logits" or "probabilities" or "sigmoid", got 'softmax'`,
    );
  });

  test("outputs that are not finite are refused", async () => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [2] })] });
    model.setWeights([tf.tensor2d([1, Number.NaN, 1, 1], [2, 2]), tf.zeros([2])]);
    const before = tf.memory().numTensors;
    const images = tf.ones([3, 2]);
    await expect((async () => layersTeacher(model).logits(images))()).rejects.toThrow(
      "layersTeacher: the model's outputs must be finite, got NaN for class 1 of image 0",
    );
    expect(tf.memory().numTensors).toBe(before + 1);
  });

  test.each([
    ["fixed-softmax.onnx", "probabilities"],
    ["half.onnx", "logits"],
  ] as const)("%s gives ONNX Runtime's answers, whatever its batch and type", async (name, outputs) => {
    const known = JSON.parse(readFileSync(new URL("onnx.json", TEACHERS), "utf8"))[name] as number[];
    const session = await ort.InferenceSession.create(readFileSync(new URL(name, TEACHERS)));
    const teacher = onnxTeacher(ort, session);
    const images = teacherImages();
    const before = tf.memory().numTensors;
    const logits = await teacher.logits(images);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(teacher.outputs).toBe(outputs);
    const answers = outputs === "logits" ? logits.dataSync() : await softmax(logits);
    // Float16 keeps 11 bits, and the two runtimes need not round sums alike.
    const tolerance = name === "half.onnx" ? 2e-3 : TOLERANCE;
    expect(errorOverLargest(answers as Float32Array, Float32Array.from(known))).toBeLessThan(tolerance);
    const five = await teacher.logits(tf.concat([images, tf.slice(images, 0, 2)]));
    const three = tf.slice(five, 0, 3);
    expect(five.shape).toEqual([5, 5]);
    expect(
      errorOverLargest(three.dataSync() as Float32Array, logits.dataSync() as Float32Array),
    ).toBeLessThan(1e-6);
  });

  test("toLogits keeps probabilities down to the smallest float32, and says the last value beyond", () => {
    const p = tf.tensor1d([1, 0.5, 1e-30, 2 ** -126, 1e-42, 0]);
    const log = toLogits(p, "probabilities").dataSync();
    const expected = [0, Math.log(0.5), Math.log(1e-30), ...new Array(3).fill(-126 * Math.LN2)];
    expect(errorOverLargest(log as Float32Array, Float32Array.from(expected))).toBeLessThan(1e-6);
    const logit = toLogits(tf.tensor1d([0.5, 0.25, 0, 1]), "sigmoid").dataSync();
    const known = [0, Math.log(1 / 3), -126 * Math.LN2, 24 * Math.LN2];
    expect(errorOverLargest(logit as Float32Array, Float32Array.from(known))).toBeLessThan(1e-6);
  });

  test("selectClasses gives some of a teacher's classes in another order", async () => {
    const teacher = { classes: 3, logits: () => tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]) };
    const some = selectClasses(teacher, [2, 0]);
    const before = tf.memory().numTensors;
    const logits = await some.logits(tf.zeros([2, 1]));
    expect(tf.memory().numTensors - before).toBe(2); // with its images
    expect([some.classes, logits.arraySync()]).toEqual([
      2,
      [
        [3, 1],
        [6, 4],
      ],
    ]);
    for (const columns of [[3], [0, 0], [-1], [0.5], []]) {
      expect(() => selectClasses(teacher, columns)).toThrow(
        `selectClasses: columns must be different integers in [0, 3), got [${columns}]`,
      );
    }
  });
});
