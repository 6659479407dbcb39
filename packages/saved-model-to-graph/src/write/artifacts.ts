import type * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "../graph/inline.ts";
import { dtypeName } from "../proto/dtype.ts";
import type { Signature, TensorInfo } from "../proto/saved-model.ts";
import { shapeJson } from "./attribute-json.ts";
import type { GraphWriter } from "./graph-writer.ts";

/** Tensors of a signature in the flat graph, by its keys. */
export interface Ends {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly producer: number;
}

/** Oldest version of graphs that can read these. */
const MIN_CONSUMER = 12;

/** The artifacts of a graph model; each output becomes a node of its name in the signature. */
export function graphArtifacts(
  writer: GraphWriter,
  signature: Signature,
  { inputs, outputs, producer }: Ends,
): tf.io.ModelArtifacts {
  const info = (name: string, { dtype, shape }: TensorInfo) => ({
    name,
    dtype: dtypeName(dtype),
    tensorShape: shapeJson(shape),
  });
  const named = [...outputs].map(([key, tensor]) => {
    const { dtype } = signature.outputs.get(key)!;
    const name = writer.nameFor(key);
    const attr = { T: { type: dtypeName(dtype) } };
    writer.nodes.push({ name, op: "Identity", input: [writer.reference(tensor)], attr });
    return [key, info(`${name}:0`, signature.outputs.get(key)!)] as const;
  });
  const given = [...inputs].map(
    ([key, tensor]) => [key, info(`${writer.reference(tensor)}:0`, signature.inputs.get(key)!)] as const,
  );
  return {
    format: "graph-model",
    generatedBy: "TensorFlow",
    convertedBy: "saved-model-to-graph",
    signature: { inputs: Object.fromEntries(given), outputs: Object.fromEntries(named) },
    modelTopology: { node: writer.nodes, library: {}, versions: { producer, minConsumer: MIN_CONSUMER } },
    weightSpecs: writer.specs,
    weightData: joined(writer.data),
  };
}

function joined(parts: readonly Uint8Array[]): ArrayBuffer {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.buffer;
}
