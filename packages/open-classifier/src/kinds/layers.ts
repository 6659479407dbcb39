import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import {
  featureModel,
  type LayeredTeacher,
  layersTeacher,
  type Preprocess,
  weightsDigest,
} from "distill-trainer";
import { MODEL, optional, requireArguments, requireOptions, STRING } from "known-options";
import { saveModel } from "named-weights/node";
import { type CapturedForward, capturedForwards } from "train-loop";
import type { Classifier, ClassifierFeatures, ClassifierKind } from "../classifier.ts";
import { type InputHints, inputOf } from "../notes/known-input.ts";
import { addNotes, cropOf, type ModelNotes, notesOf } from "../notes/notes.ts";
import { readInputRange } from "../notes/read-input-range.ts";
import { classesInWords, FEATURES, requireNames, requirePictures } from "./pictures.ts";

/** A layers model and what is known of it beside its own notes. */
export interface LayersFound {
  readonly kind: Extract<ClassifierKind, "layers" | "hugging-face">;
  readonly path: string;
  /** The model in words, without its classes: `a tfjs layers model`. */
  readonly words: string;
  /** Whether its output is a feature vector, without classes. Default false. */
  readonly isBackbone?: boolean;
  /** Convention of its input, and where its notes come from. */
  readonly input?: Partial<Pick<InputHints, "from" | "assumed">>;
}

/** Options of {@link layersClassifier}. */
export interface LayersClassifierOptions {
  /** Folder that it is from, for errors. Default: `a model in memory`. */
  readonly path?: string;
}

/**
 * Returns a layers model in memory as a {@link Classifier}, by the notes in its metadata. The model is the classifier's from now on.
 *
 * @throws TypeError if `model` is not a layers model. Error naming the path if its pictures are not RGB of one size, or names of
 * classes are not as many as its classes.
 *
 * @example
 * import { vit } from "deit-model";
 *
 * const model = vit({ imageSize: 16, patchSize: 8, dim: 12, depth: 1, heads: 3, classes: 2 });
 * addNotes(model, { classNames: ["daisy", "tulip"] });
 * const classifier = layersClassifier(model);
 * console.log(classifier.found); // a tfjs layers model of 2 classes, 16x16 pixels
 */
export function layersClassifier(model: tfl.LayersModel, options: LayersClassifierOptions = {}): Classifier {
  requireOptions("layersClassifier", options, { path: optional(STRING) });
  requireArguments("layersClassifier", { model }, { model: MODEL });
  const { path = "a model in memory" } = options;
  return classifierOfLayers(model, { kind: "layers", path, words: "a tfjs layers model" });
}

/** {@link layersClassifier} of any origin. The model is not disposed on errors. */
export function classifierOfLayers(model: tfl.LayersModel, found: LayersFound): Classifier {
  const { kind, path, words, isBackbone = false, input: { from, assumed = "symmetric" } = {} } = found;
  const shape = model.inputs[0]!.shape;
  if (model.inputs.length !== 1)
    throw new Error(`${path}: expected a model of one input, got ${model.inputs.length}`);
  const { imageSize, size } = requirePictures(path, shape);
  const notes = notesOf(model);
  const output = model.outputs[0]!.shape;
  const isClassifier = !isBackbone && model.outputs.length === 1 && output.length === 2;
  const classes = isClassifier ? output[1]! : undefined;
  requireNames(path, notes.classNames, classes);
  const input = inputOf(notes, { from, read: readInputRange(model), assumed });
  const { preprocess } = input;
  const centerCrop = cropOf(notes);
  const vector = vectorLayer(model);
  const isReadable = model.outputs.length === 1 && output.length === 2;
  const reader = isReadable
    ? layersTeacher(model, { preprocess, outputs: isBackbone ? "logits" : (notes.outputs ?? "auto") })
    : undefined;
  const forwards = capturedForwards("openClassifier");
  const teacher = reader && capturing(reader, forwards.forward);
  return {
    ...{ kind, path, notes, imageSize, input, preprocess, layersModel: model },
    found: `${words}${classesInWords(classes)}, ${size}`,
    ...(notes.classNames !== undefined && { classNames: notes.classNames }),
    ...(centerCrop !== undefined && { centerCrop }),
    ...(classes !== undefined && teacher !== undefined && { teacher }),
    ...(teacher !== undefined && { layers: teacher.layers }),
    parameters: model.countParams(),
    ...(vector !== undefined && {
      backbone: () => featuresOf(tfl.model({ inputs: model.inputs, outputs: vector }), preprocess),
    }),
    ...(kind === "hugging-face" && {
      backbone: () => featuresOf(isBackbone ? model : featureModel(model), preprocess),
    }),
    features: (layer) =>
      featuresOf(
        isBackbone && layer === undefined ? model : featureModel(model, layer === undefined ? {} : { layer }),
        preprocess,
      ),
    digest: () => weightsDigest(model),
    async save(folder, own = {}) {
      addNotes(model, { ...notes, ...input.notes, ...own });
      await saveModel(model, folder);
    },
    dispose() {
      forwards.dispose();
      model.dispose();
    },
  };
}

/** A teacher whose passes are captured outside a training too; a training says itself what it captures. */
function capturing(reader: LayeredTeacher, forward: CapturedForward): LayeredTeacher {
  const { layers } = reader;
  return {
    ...reader,
    get outputs() {
      return reader.outputs;
    },
    logits: (images, views) => reader.logits(images, views ?? { forward }),
    layers: { ...layers, run: (images, names, views) => layers.run(images, names, views ?? { forward }) },
  };
}

/** Output of the layer `feature_vector`, if it is one vector for each picture. */
function vectorLayer(model: tfl.LayersModel): tfl.SymbolicTensor | undefined {
  const output = model.layers.find(({ name }) => name === FEATURES)?.output;
  if (output === undefined || Array.isArray(output)) return undefined;
  return output.shape.length === 2 && typeof output.shape[1] === "number" ? output : undefined;
}

function featuresOf(model: tfl.LayersModel, preprocess: Preprocess): ClassifierFeatures {
  return {
    width: model.outputs[0]!.shape[1]!,
    layersModel: model,
    features: (images) => tf.tidy(() => tf.clone(model.predict(preprocess(images)) as tf.Tensor2D)),
  };
}

/** Adds what a model's neighbors say to its notes, which win. Returns whether its input is one of the neighbors'. */
export function withDefaults(
  model: tfl.LayersModel,
  { inputRange, normalization, ...notes }: ModelNotes,
): boolean {
  const own = notesOf(model);
  const isNoted = own.inputRange !== undefined || own.normalization !== undefined;
  addNotes(model, { ...notes, ...(!isNoted && { inputRange, normalization }), ...own });
  return !isNoted && (inputRange ?? normalization) !== undefined;
}
