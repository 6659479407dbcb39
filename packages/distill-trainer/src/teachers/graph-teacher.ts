import * as tf from "@tensorflow/tfjs-core";
import { requireArguments, requireOptions, suggestion } from "known-options";
import { listOf } from "../models/layers-of-model.ts";
import { toUnitRange } from "../models/preprocess.ts";
import { logitsOf } from "./logits-of.ts";
import {
  chooseOutput,
  MODEL_TEACHER_CHECKS,
  type ModelTeacherOptions,
  PREDICTOR,
  takeOutput,
} from "./model-output.ts";
import { nodesOfGraph, outputsOfGraph } from "./outputs-of-graph.ts";
import type { LayeredTeacher } from "./teacher.ts";

/** A `GraphModel` of tfjs-converter. */
export interface GraphModel extends tf.InferenceModel {
  /** Signature of the converted SavedModel, with shapes as in protobuf's JSON. */
  readonly modelSignature?: object;
}

/**
 * Creates a {@link LayeredTeacher} from a tfjs graph model, loaded by `tf.loadGraphModel` of `@tensorflow/tfjs-converter`. The model
 * stays the caller's. It takes NHWC images and runs on the student's backend. The kind of its outputs is determined by its
 * last operation, or else by its first rows, and converted to logits. Its inner layers are the nodes of its graph, by name.
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
export function graphTeacher(model: GraphModel, options: ModelTeacherOptions = {}): LayeredTeacher {
  requireOptions("graphTeacher", options, MODEL_TEACHER_CHECKS);
  requireArguments("graphTeacher", { model }, { model: PREDICTOR });
  const { preprocess = toUnitRange } = options;
  const shapes = signatureShapes(model.modelSignature);
  const outputs = model.outputs.map(({ name, shape }) => ({ name, shape: shape ?? shapes.get(name) }));
  const output = chooseOutput("graphTeacher", outputs, options);
  const known = { outputs: options.outputs, read: outputsOfGraph(model, output.name) };
  const run = (images: tf.Tensor, layers: readonly string[]): tf.Tensor[] =>
    tf.tidy(() => {
      const inputs = preprocess(images);
      if (layers.length === 0) return [takeOutput(model.predict(inputs, {}), output)];
      return [model.execute(inputs, [output.name, ...layers])].flat().map((one) => tf.clone(one));
    });
  const shapeOf = (layer: string): readonly (number | null)[] => shapeOfNode(model, layer, run);
  return Object.assign(logitsOf("graphTeacher", known, run, { shapeOf }), { classes: output.classes });
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

/** Side of the picture by which channels are found of a model that takes pictures of any size. */
const ANY_SIDE = 64;

/** Returns the shape of a node's output, of a picture of zeros: most nodes of a graph model declare none. */
function shapeOfNode(
  model: GraphModel,
  node: string,
  run: (images: tf.Tensor, layers: readonly string[]) => tf.Tensor[],
): readonly (number | null)[] {
  const nodes = nodesOfGraph(model);
  if (nodes !== undefined && !nodes.includes(node)) {
    throw new RangeError(
      `graphTeacher: the graph must have a node '${node}', got ${listOf(nodes)}${suggestion(node, nodes)}`,
    );
  }
  const sides = (model.inputs[0]?.shape ?? []).slice(1, 3);
  const isKnown = sides.length === 2 && sides.every((side) => side > 0);
  const shape = tf.tidy(() => {
    const image = tf.zeros([1, ...(isKnown ? sides : [ANY_SIDE, ANY_SIDE]), 3]);
    return run(image, [node])[1]!.shape.slice(1);
  });
  return isKnown ? shape : shape.map((side, axis) => (axis === shape.length - 1 ? side : null));
}
