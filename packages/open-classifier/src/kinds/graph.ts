import { createHash } from "node:crypto";
import type { GraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { graphTeacher, type ModelOutputs } from "distill-trainer";
import { modelFolder } from "named-weights/node";
import { elements } from "safetensors-io";
import type { Classifier, ClassifierKind } from "../classifier.ts";
import { savedHead, withoutHead, withSavedHead } from "../head.ts";
import { metadataNotes } from "../hugging-face/preprocessing.ts";
import { type InputHints, inputOf } from "../notes/known-input.ts";
import { cropOf, type ModelNotes, readNotes } from "../notes/notes.ts";
import { chooseOutput } from "./choose-output.ts";
import { importOptional } from "./import-optional.ts";
import { vectorsOf } from "./inner-features.ts";
import {
  classesInWords,
  FEATURES,
  type PictureSize,
  requireNames,
  requirePictures,
  sidesOf,
} from "./pictures.ts";
import { readGraphRange } from "./read-graph-range.ts";

/** A graph model's files in memory, and what is known of it. */
export interface GraphFound {
  readonly kind: Extract<ClassifierKind, "graph" | "saved-model">;
  readonly path: string;
  /** The model in words, without its classes: `a tfjs graph model`. */
  readonly words: string;
  readonly artifacts: tf.io.ModelArtifacts;
  /** Notes that the model's own metadata does not have. */
  readonly notes: ModelNotes;
  /** Notes that win over its own. */
  readonly forced?: ModelNotes;
  readonly inputFrom?: InputHints["from"];
  /** Size of its pictures according to its neighbors. */
  readonly imageSize?: PictureSize | undefined;
  /** Name of the output with the classes, of several. */
  readonly output?: string | undefined;
}

/**
 * A tfjs graph model as a classifier.
 *
 * @throws Error naming the path if tfjs cannot load or run it, or its pictures are not RGB of one size.
 */
export async function graphClassifier(found: GraphFound): Promise<Classifier> {
  const { path, words, artifacts } = found;
  const converter = await importOptional<typeof import("@tensorflow/tfjs-converter")>(
    path,
    "a tfjs graph model",
    ["@tensorflow/tfjs-converter"],
  );
  let model: Graph | undefined;
  try {
    model = loaded(() => converter.loadGraphModelSync(artifacts));
    return await described(found, model);
  } catch (cause) {
    model?.dispose();
    const [why] = (cause as Error).message.split("\n");
    if (why!.startsWith(`${path}: `)) throw cause;
    // tfjs fails at a place of its own where a graph names nodes or has fields that are not there.
    const got = cause instanceof TypeError ? " one whose graph is damaged" : `: ${why}`;
    throw new Error(`${path}: expected ${words} that TensorFlow.js can run, got${got}`, { cause });
  }
}

type Graph = GraphModel<tf.io.IOHandlerSync>;

/** Loads a model in a scope of its own, which frees its weights if that fails. */
function loaded(load: () => Graph): Graph {
  const engine = tf.engine();
  engine.startScope();
  try {
    const model = load();
    for (const tensor of Object.values(model.weights).flat()) tf.keep(tensor);
    return model;
  } finally {
    engine.endScope();
  }
}

async function described(found: GraphFound, model: Graph): Promise<Classifier> {
  const { kind, path, words, artifacts } = found;
  const metadata = artifacts.userDefinedMetadata ?? {};
  const head = savedHead(path);
  const others: ModelNotes = { ...found.notes, ...readNotes(metadata), ...found.forced };
  const isKnown = (others.inputRange ?? others.normalization) !== undefined;
  const unsaid = isKnown ? { inputRange: undefined, normalization: undefined } : {};
  const all: ModelNotes = { ...metadataNotes(path, metadata)?.notes, ...unsaid, ...others };
  const notes = head === undefined ? all : withoutHead(all);
  if (model.inputs.length !== 1)
    throw new Error(`${path}: expected a model of one input, got ${model.inputs.length}`);
  const { imageSize, size } = requirePictures(path, model.inputs[0]!.shape ?? [], found.imageSize);
  const read = readGraphRange(artifacts);
  const input = inputOf(notes, { from: found.inputFrom, read, assumed: "unit" });
  const { preprocess } = input;
  const shapes = outputShapes(model, imageSize);
  const names = signatureNames(model);
  const inner = nodeOf(model, names, FEATURES);
  const chosen = chooseOutput(path, [...shapes.keys()], {
    asked: found.output,
    names,
    features: inner,
    shapeOf: (name) => shapes.get(name),
  });
  const teacherOf = (output: string, outputs: ModelOutputs | "auto") =>
    graphTeacher(model, { preprocess, outputs, output, classes: shapes.get(output)![1]! });
  const teacher = chosen === undefined ? undefined : teacherOf(chosen, notes.outputs ?? "auto");
  const classes = teacher?.classes;
  requireNames(path, notes.classNames, classes);
  // Any output serves where there are no classes: it is computed beside the features, and not looked at.
  const reader =
    teacher ?? graphTeacher(model, { preprocess, outputs: "logits", ...anyOutput(path, shapes) });
  const features = (layer: string = FEATURES) =>
    vectorsOf(reader.layers, nodeOf(model, names, layer) ?? layer, imageSize);
  const centerCrop = cropOf(notes);
  const weights = tf.io.CompositeArrayBuffer.join(artifacts.weightData);
  const opened: Classifier = {
    ...{ kind, path, notes, imageSize, input, preprocess, features },
    found: `${words}${classesInWords(classes)}, ${size}`,
    ...(notes.classNames !== undefined && { classNames: notes.classNames }),
    ...(centerCrop !== undefined && { centerCrop }),
    ...(teacher !== undefined && { teacher }),
    layers: reader.layers,
    parameters: (artifacts.weightSpecs ?? []).reduce((sum, { shape }) => sum + elements(shape), 0),
    ...(inner !== undefined && { backbone: () => features(FEATURES) }),
    digest: async () => createHash("sha256").update(new Uint8Array(weights)).digest("hex"),
    async save(folder, own = {}) {
      const userDefinedMetadata = { ...metadata, ...notes, ...input.notes, ...own } as Record<string, object>;
      await modelFolder(folder).save({ ...artifacts, format: "graph-model", userDefinedMetadata });
    },
    dispose: () => model.dispose(),
  };
  return head === undefined ? opened : withSavedHead(opened, head, all);
}

/** Shapes of all outputs of one picture, by name. */
function outputShapes(model: Graph, imageSize: PictureSize): Map<string, number[]> {
  const names = model.outputs.map(({ name }) => name);
  const shapes = new Map<string, number[]>();
  tf.tidy(() => {
    const tensors = [model.execute(tf.zeros([1, ...sidesOf(imageSize), 3]), [...names])].flat();
    for (const [i, name] of names.entries()) shapes.set(name, tensors[i]!.shape);
  });
  return shapes;
}

/** Keys of the signature's outputs, by the node that each names. */
function signatureNames({ modelSignature }: Graph): ReadonlyMap<string, string> {
  const { outputs = {} } = (modelSignature ?? {}) as {
    outputs?: Record<string, { name?: string } | undefined>;
  };
  return new Map(Object.entries(outputs).map(([key, node]) => [node?.name?.replace(/:0$/, "") ?? key, key]));
}

/** The node of a name, or of that key in the signature. */
function nodeOf(model: Graph, names: ReadonlyMap<string, string>, name: string): string | undefined {
  const { executor } = model as unknown as { executor?: { graph?: { nodes?: Record<string, unknown> } } };
  const keyed = [...names].find(([, key]) => key === name)?.[0];
  return Object.hasOwn(executor?.graph?.nodes ?? {}, name) ? name : keyed;
}

function anyOutput(path: string, shapes: ReadonlyMap<string, readonly number[]>) {
  const found = [...shapes].find(([, shape]) => shape.length === 2);
  if (found !== undefined) return { output: found[0], classes: found[1][1]! };
  const all = [...shapes].map(([name, shape]) => `${name} [${shape}]`).join(", ");
  throw new Error(`${path}: expected an output [batch, classes], got ${all}`);
}
