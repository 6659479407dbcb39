import * as tf from "@tensorflow/tfjs-core";
import { requireOptions } from "known-options";
import { toUnitRange } from "../models/preprocess.ts";
import { logitsOf } from "./logits-of.ts";
import { chooseOutput, MODEL_TEACHER_CHECKS, type ModelTeacherOptions, takeOutput } from "./model-output.ts";
import { outputsOfGraph } from "./outputs-of-graph.ts";
import type { Teacher } from "./teacher.ts";

/** What tfjs-converter's `GraphModel` is to us. */
export interface GraphModel extends tf.InferenceModel {
  /** The SavedModel's that it was converted from, with shapes as protobuf's JSON has them. */
  readonly modelSignature?: object;
}

/**
 * A tfjs graph model as a {@link Teacher}: what `tf.loadGraphModel` of `@tensorflow/tfjs-converter` gives. The model stays the
 * caller's. It takes NHWC images and runs on the backend of the student. What it gives is read from its last operation where that
 * says it, from its first rows elsewhere, and turned into logits.
 *
 * @param model - With one input and no control flow; `options.output` is the name of one of its output nodes.
 * @throws RangeError if it is not clear which output has the classes, or how many it has. `logits` throws Error
 * if the outputs are not finite.
 *
 * @example
 * ```ts norun
 * import { loadGraphModel } from "@tensorflow/tfjs-converter";
 *
 * const model = await loadGraphModel("https://example.org/model.json");
 * const teacher = graphTeacher(model, { preprocess: normalize(IMAGENET_NORMALISATION) });
 * ```
 */
export function graphTeacher(model: GraphModel, options: ModelTeacherOptions = {}): Teacher {
  requireOptions("graphTeacher", options, MODEL_TEACHER_CHECKS);
  const { preprocess = toUnitRange } = options;
  const shapes = signatureShapes(model.modelSignature);
  const outputs = model.outputs.map(({ name, shape }) => ({ name, shape: shape ?? shapes.get(name) }));
  const output = chooseOutput("graphTeacher", outputs, options);
  const known = { outputs: options.outputs, read: outputsOfGraph(model, output.name) };
  const reader = logitsOf("graphTeacher", known, (images) =>
    tf.tidy(() => takeOutput(model.predict(preprocess(images), {}), output)),
  );
  return Object.assign(reader, { classes: output.classes });
}

interface Signature {
  readonly outputs?: Readonly<
    Record<string, { name: string; tensorShape?: { dim?: readonly { size?: string | number }[] } }>
  >;
}

/** Shapes by node name. Nodes mostly have none of their own in a graph model. */
function signatureShapes(signature: Signature = {}): Map<string, readonly number[] | undefined> {
  const entries = Object.values(signature.outputs ?? {});
  return new Map(
    entries.map(({ name, tensorShape }) => [
      name.replace(/:0$/, ""),
      tensorShape?.dim?.map(({ size }) => Number(size)),
    ]),
  );
}
