import type * as tf from "@tensorflow/tfjs-core";
import { requireArguments, STRING } from "known-options";
import { modelJsonPath } from "./model-json.ts";
import { readArtifacts } from "./read-artifacts.ts";
import { saveArtifacts } from "./save-model.ts";

/**
 * Returns a handler of tfjs for a folder in Node, in place of `file://`, which only tfjs-node has: for `model.save`,
 * `tf.loadLayersModel` and, above all, `loadGraphModel` of `@tensorflow/tfjs-converter`. Files are checked and written as in
 * {@link loadModel} and {@link saveModel}.
 *
 * @param path - The folder, or for loading its `model.json`.
 *
 * @example
 * await model.save(modelFolder("student"));
 * const student = await tfl.loadLayersModel(modelFolder("student"));
 * console.log(student.outputs.length === model.outputs.length); // true
 */
export function modelFolder(path: string): Required<Pick<tf.io.IOHandler, "save" | "load">> {
  requireArguments("modelFolder", { path }, { path: STRING });
  return {
    load: async () => readArtifacts(await modelJsonPath(path)),
    save: (artifacts) => saveArtifacts(path, artifacts),
  };
}
