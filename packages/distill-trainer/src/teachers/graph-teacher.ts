import * as tf from "@tensorflow/tfjs-core";
import { toUnitRange } from "../preprocess.ts";
import type { Teacher } from "../teacher.ts";
import { chooseOutput, type ModelTeacherOptions, takeOutput } from "./model-output.ts";

/** What tfjs-converter's `GraphModel` is to us. */
export interface GraphModel extends tf.InferenceModel {
  /** The SavedModel's that it was converted from, with shapes as protobuf's JSON has them. */
  readonly modelSignature?: object;
}

/**
 * A tfjs graph model as a {@link Teacher}: what `tf.loadGraphModel` of `@tensorflow/tfjs-converter` gives. The model stays the
 * caller's. It takes NHWC images and runs on the backend of the student.
 *
 * @param model - With one input and no control flow; `options.output` is the name of one of its output nodes.
 * @throws RangeError if it is not clear which output has the logits, or how many classes it has.
 *
 * @example
 * const model = await loadGraphModel("https://example.org/model.json"); // of @tensorflow/tfjs-converter
 * const teacher = graphTeacher(model, { preprocess: normalise(IMAGENET_NORMALISATION) });
 */
export function graphTeacher(model: GraphModel, options: ModelTeacherOptions = {}): Teacher {
  const { preprocess = toUnitRange } = options;
  const shapes = signatureShapes(model.modelSignature);
  const outputs = model.outputs.map(({ name, shape }) => ({ name, shape: shape ?? shapes.get(name) }));
  const output = chooseOutput("graphTeacher", outputs, options);
  return {
    classes: output.classes,
    logits: (images) => tf.tidy(() => takeOutput(model.predict(preprocess(images), {}), output)),
  };
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
