import * as tf from "@tensorflow/tfjs-core";
import { requireArguments, requireOptions } from "known-options";
import { toUnitRange } from "../models/preprocess.ts";
import { logitsOf } from "./logits-of.ts";
import {
  chooseOutput,
  MODEL_TEACHER_CHECKS,
  type ModelTeacherOptions,
  PREDICTOR,
  takeOutput,
} from "./model-output.ts";
import { outputsOfGraph } from "./outputs-of-graph.ts";
import type { Teacher } from "./teacher.ts";

/** A `GraphModel` of tfjs-converter. */
export interface GraphModel extends tf.InferenceModel {
  /** Signature of the converted SavedModel, with shapes as in protobuf's JSON. */
  readonly modelSignature?: object;
}

/**
 * Creates a {@link Teacher} from a tfjs graph model, loaded by `tf.loadGraphModel` of `@tensorflow/tfjs-converter`. The model
 * stays the caller's. It takes NHWC images and runs on the student's backend. The kind of its outputs is determined by its
 * last operation, or else by its first rows, and converted to logits.
 *
 * @param model - Model with one input and no control flow; `options.output` is the name of an output node.
 * @throws TypeError if `model` is not a model. RangeError if the output with the classes, or their number, is ambiguous. `logits`
 * throws an Error if the outputs are not finite.
 *
 * @example
 * ```ts norun
 * import { loadGraphModel } from "@tensorflow/tfjs-converter";
 *
 * const model = await loadGraphModel("https://example.org/model.json");
 * const teacher = graphTeacher(model, { preprocess: normalize(IMAGENET_NORMALIZATION) });
 * ```
 */
export function graphTeacher(model: GraphModel, options: ModelTeacherOptions = {}): Teacher {
  requireOptions("graphTeacher", options, MODEL_TEACHER_CHECKS);
  requireArguments("graphTeacher", { model }, { model: PREDICTOR });
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

/** Returns shapes by node name from the signature; most nodes of a graph model have none. */
function signatureShapes(signature: Signature = {}): Map<string, readonly number[] | undefined> {
  const entries = Object.values(signature.outputs ?? {});
  return new Map(
    entries.map(({ name, tensorShape }) => [
      name.replace(/:0$/, ""),
      tensorShape?.dim?.map(({ size }) => Number(size)),
    ]),
  );
}
