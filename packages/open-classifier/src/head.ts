import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type LayeredTeacher, type Teacher, type TeacherLayers, weightsDigest } from "distill-trainer";
import { having, MODEL, requireArguments, requireOptions } from "known-options";
import { loadModel, saveModel } from "named-weights/node";
import type { Classifier } from "./classifier.ts";
import { requireNames } from "./kinds/pictures.ts";
import { type ModelNotes, NOTES } from "./notes/notes.ts";

/** Folder of a head, in that of its classifier. */
const HEAD = "head";

/** Folder of the head that was saved with a model; `undefined` if there is none. */
export function savedHead(path: string): string | undefined {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : dirname(path);
  const head = join(folder, HEAD);
  return existsSync(join(head, "model.json")) ? head : undefined;
}

/** Notes of a model without its head: what the head's classes and outputs are does not hold for it. */
export function withoutHead(notes: ModelNotes): ModelNotes {
  const { classNames: _, outputs: __, temperature: ___, multiLabel: ____, ...own } = notes;
  return own;
}

/** A classifier with the head of a folder in place of its own. */
export async function withSavedHead(
  base: Classifier,
  folder: string,
  notes: ModelNotes,
): Promise<Classifier> {
  try {
    return withHead(base, await loadModel(folder), notes);
  } catch (error) {
    base.dispose();
    throw error;
  }
}

/**
 * Returns a classifier whose head reads another's `backbone`, such as one of `trainHead`. Both are the new classifier's from now on.
 *
 * @param head - Model `[batch, width]` → `[batch, classes]`, logits.
 * @param notes - Notes of the head: names of its classes.
 * @throws RangeError if the classifier has no backbone, or the head does not fit its features. Error if there are not as many names as classes.
 *
 * @example
 * ```ts norun
 * import { extractFeatures, trainHead } from "distill-trainer";
 *
 * const base = await openClassifier("encoder.onnx");
 * const features = await extractFeatures(base.backbone!(), source);
 * const { head } = await trainHead(features, { classes: 2 });
 * const inputs = tfl.input({ shape: [features.width] });
 * const model = tfl.model({ inputs, outputs: head.apply(inputs) as tfl.SymbolicTensor });
 * await withHead(base, model, { classNames: ["daisy", "tulip"] }).save("flowers");
 * ```
 */
export function withHead(base: Classifier, head: tfl.LayersModel, notes: ModelNotes = {}): Classifier {
  requireOptions("withHead", notes, NOTES);
  requireArguments(
    "withHead",
    { base, head },
    { base: having("a Classifier", (it) => typeof it.features === "function"), head: MODEL },
  );
  const backbone = base.backbone?.();
  const [width, classes] = [head.inputs[0]!.shape[1], head.outputs[0]!.shape[1]];
  if (backbone === undefined || backbone.width !== width || typeof classes !== "number") {
    const got = backbone === undefined ? "none" : `${backbone.width}`;
    throw new RangeError(`withHead: ${base.path}: expected ${width} features for the head, got ${got}`);
  }
  const own: ModelNotes = { ...withoutHead(base.notes), ...notes, outputs: "logits" };
  requireNames(base.path, own.classNames, classes);
  const logits: Teacher["logits"] = async (images) => {
    const features = await backbone.features(images);
    const answers = tf.tidy(() => tf.clone(head.predict(features) as tf.Tensor2D));
    features.dispose();
    return answers;
  };
  const { layers } = base;
  const inner: LayeredTeacher["layers"] = {
    ...(layers?.suggested && { suggested: layers.suggested }),
    shapeOf: (layer) => of(layers).shapeOf(layer),
    async run(images: tf.Tensor, names: readonly string[]) {
      const { logits: before, features } = await of(layers).run(images, names);
      before.dispose();
      return { logits: await logits(images), features };
    },
  };
  const { classNames: _, teacher: __, ...others } = base;
  return {
    ...others,
    notes: own,
    found: `${base.found}, with a head of ${classes} classes`,
    ...(own.classNames !== undefined && { classNames: own.classNames }),
    teacher: { classes, outputs: "logits", logits, layers: inner },
    parameters: base.parameters + head.countParams(),
    async digest() {
      const both = `${await base.digest()} ${await weightsDigest(head)}`;
      return createHash("sha256").update(both).digest("hex");
    },
    async save(folder, more = {}) {
      await base.save(folder, { ...own, ...more });
      await saveModel(head, join(folder, HEAD));
    },
    dispose() {
      base.dispose();
      head.dispose();
    },
  };
}

function of(layers: TeacherLayers | undefined): TeacherLayers {
  if (layers === undefined) throw new RangeError("withHead: the model has no inner layers that can be read");
  return layers;
}
