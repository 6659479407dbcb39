import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { errorOverLargest } from "test-kit";
import { startBackend } from "tfjs-backends";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SavedModel, savedModelTeacher } from "../index.ts";
import { readGolden, TEACHERS, teacherImages } from "./test-data.ts";

const golden = readGolden("keras.json");
const folder = fileURLToPath(new URL("saved-model", TEACHERS));

interface TensorFlowNode {
  readonly node: { loadSavedModel(path: string): Promise<SavedModel & { dispose(): void }> };
}

/** tfjs-node, which is not installed with this repository: it is native, and often cannot be. */
const tfjsNode = await importIfThere("@tensorflow/tfjs-node");

async function importIfThere(name: string): Promise<TensorFlowNode | undefined> {
  try {
    const module = (await import(/* @vite-ignore */ name)) as TensorFlowNode & { default?: TensorFlowNode };
    return module.default ?? module;
  } catch {
    return undefined;
  }
}

test.runIf(tfjsNode === undefined)(
  "SavedModels are tested where @tensorflow/tfjs-node is installed",
  ({ skip }) => {
    skip("@tensorflow/tfjs-node is not installed here");
  },
);

describe.runIf(tfjsNode !== undefined).each(["tensorflow", "cpu", "wasm"] as const)(
  "savedModelTeacher with the student on %s",
  (backend) => {
    let model: SavedModel & { dispose(): void };
    beforeAll(async () => {
      await tf.setBackend("tensorflow");
      model = await tfjsNode!.node.loadSavedModel(folder);
      if (backend !== "tensorflow") await startBackend(backend);
    });
    afterAll(() => model.dispose());

    test("gives TensorFlow's logits, leaks nothing, and leaves the backend as it was", async () => {
      const teacher = savedModelTeacher(model, { output: "logits" });
      expect(teacher.classes).toBe(5);
      const images = teacherImages();
      const before = tf.memory().numTensors;
      const logits = await teacher.logits(images);
      expect(tf.getBackend()).toBe(backend);
      expect(tf.memory().numTensors).toBe(before + 1);
      const error = errorOverLargest(logits.dataSync(), Float32Array.from(golden.logits));
      expect(error).toBeLessThan(1e-5); // float32: a convolution, a mean, a product
      expect(tf.sum(tf.mul(logits, 2)).shape).toEqual([]); // usable by the student's backend
      expect(images.isDisposed).toBe(false);
    });
  },
);

describe("savedModelTeacher", () => {
  const model = (names: string[], shape?: unknown[]) =>
    ({
      outputs: names.map((name) => ({ name: `${name}:node`, dtype: "float32", shape })),
      outputNodeNames: Object.fromEntries(names.map((name) => [name, `${name}:0`])),
      predict: () => tf.zeros([1, 2]),
    }) as unknown as SavedModel;
  const dim = (size: number) => ({ getSize: () => size });

  test("goes by the signature's names and the protobuf's dimensions", () => {
    expect(savedModelTeacher(model(["a", "b"], [dim(-1), dim(2)]), { output: "b" }).classes).toBe(2);
    expect(() => savedModelTeacher(model(["a", "b"], [dim(-1), dim(2)]))).toThrow(
      "savedModelTeacher: output must be one of a, b; none was named",
    );
    expect(() => savedModelTeacher(model(["a"], [dim(-1), dim(-1)]))).toThrow("classes is not given");
  });

  test.runIf(tfjsNode === undefined)("says that tfjs-node is missing", async () => {
    await startBackend("cpu");
    const teacher = savedModelTeacher(model(["a"], [dim(-1), dim(2)]));
    await expect(teacher.logits(teacherImages())).rejects.toThrow(
      "savedModelTeacher: @tensorflow/tfjs-node or -gpu must be imported, got neither",
    );
  });
});
