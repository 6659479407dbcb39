import type { ModelOutputs } from "distill-trainer";
import { oneOf, optional, requireArguments, requireOptions, STRING } from "known-options";
import { modelFolder } from "named-weights/node";
import { loadSavedModel } from "saved-model-to-graph/node";
import type { Classifier } from "./classifier.ts";
import { type FoundModel, findModel } from "./find/find-model.ts";
import { onnxIn } from "./find/formats.ts";
import { type Neighbors, neighborsOf } from "./hugging-face/neighbors.ts";
import { graphClassifier } from "./kinds/graph.ts";
import { describedIn, huggingFaceClassifier } from "./kinds/hugging-face.ts";
import { classifierOfLayers, withDefaults } from "./kinds/layers.ts";
import { loadLayersModelFile } from "./kinds/layers-model-files.ts";
import { onnxClassifier } from "./kinds/onnx.ts";
import { addNotes, type ModelNotes } from "./notes/notes.ts";
import { notesOfPixels, PIXELS, type Pixels } from "./notes/pixels.ts";

/** Options of {@link openClassifier}. */
export interface OpenClassifierOptions {
  /** Its input, in place of what its files say. */
  readonly pixels?: Pixels | undefined;
  /** Kind of its outputs, in place of what its files say, else of what is found. */
  readonly outputs?: ModelOutputs | undefined;
  /** Name of the output with the classes, of a graph or an ONNX model with several. */
  readonly output?: string | undefined;
}

/**
 * Opens a saved image classifier of any of these formats, which is found by the contents of the files: a Hugging Face folder of a ViT
 * or DeiT, an ONNX file (or a folder with `onnx/model.onnx`), a tfjs layers or graph model, a TensorFlow SavedModel (folder or zip), a
 * run of deit-cli.
 *
 * Its class names and its preprocessing come from its own notes, `config.json`, `preprocessor_config.json` or `labels.txt` beside it,
 * its first operations, or else a convention: −1 to 1 for layers models, 0 to 1 for graphs, ImageNet's mean and deviation for ONNX
 * with channels first. `input` says which.
 *
 * ONNX needs `onnxruntime-node` or `onnxruntime-web`, graphs and SavedModels `@tensorflow/tfjs-converter`: whichever is installed. A
 * tfjs backend must be started.
 *
 * @param path - Folder or file.
 * @returns A classifier owned by the caller: free it with `dispose`.
 * @throws TypeError for an unknown option. Error of one line that names the file: what was found in a folder of another kind, a damaged
 * file, a package that is missing, pictures that are not RGB of one size.
 *
 * @example
 * ```ts norun
 * const classifier = await openClassifier("mobilenet_v2.onnx");
 * console.log(classifier.found, classifier.classNames);
 * const logits = await classifier.teacher!.logits(images); // [batch, height, width, 3], 0…255
 * ```
 */
export async function openClassifier(path: string, options: OpenClassifierOptions = {}): Promise<Classifier> {
  requireOptions("openClassifier", options, {
    pixels: optional(oneOf(...PIXELS)),
    outputs: optional(oneOf("logits", "probabilities", "sigmoid")),
    output: optional(STRING),
  });
  requireArguments("openClassifier", { path }, { path: STRING });
  const found = await findModel(path);
  const { notes, ...others } = await neighborsOf(found.path);
  const { pixels, outputs, output } = options;
  const forced: ModelNotes = { ...(pixels && notesOfPixels(pixels)), ...(outputs && { outputs }) };
  return OPENERS[found.kind](found, { ...others, notes, forced, output });
}

/** What is known of a model beside its files. */
interface Known extends Neighbors {
  /** Notes that win over those of the files. */
  readonly forced: ModelNotes;
  readonly output: string | undefined;
}
type Open = (found: FoundModel, known: Known) => Promise<Classifier>;

const OPENERS: Readonly<Record<FoundModel["kind"], Open>> = {
  layers: async ({ path, ...found }, { notes, forced, inputFrom }) => {
    const model = await loadLayersModelFile(path);
    try {
      const isNeighbors = withDefaults(model, notes) && forced.inputRange === undefined;
      addNotes(model, forced);
      const words = "run" in found ? "a tfjs layers model of a run" : "a tfjs layers model";
      const input = isNeighbors ? { from: inputFrom } : {};
      return classifierOfLayers(model, { kind: "layers", path, words, input });
    } catch (error) {
      model.dispose();
      throw error;
    }
  },
  graph: async ({ path }, known) => {
    const artifacts = await modelFolder(path).load();
    return graphClassifier({ kind: "graph", words: "a tfjs graph model", path, artifacts, ...known });
  },
  onnx: ({ path }, { notes, forced, ...known }) =>
    onnxClassifier({ path, ...known, notes: { ...notes, ...forced } }),
  "saved-model": async ({ path }, known) => {
    const artifacts = await loadSavedModel(path);
    const words = "a TensorFlow SavedModel";
    return graphClassifier({ kind: "saved-model", words, path, artifacts, ...known });
  },
  "hugging-face": async ({ path }, known) => {
    const described = await describedIn(path).catch((error: unknown) => {
      if (onnxIn(path).length !== 1) throw error;
    });
    if (described !== undefined) return huggingFaceClassifier({ path, described, ...known });
    return OPENERS.onnx({ kind: "onnx", path: onnxIn(path)[0]! }, known);
  },
};
