import type { ModelOutputs } from "./outputs.ts";

/** A node of a graph as tfjs-converter holds it. */
interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly GraphNode[];
}

/** Where tfjs-converter keeps a model's graph. It is not part of its public types, so that it may be absent. */
interface HoldsGraph {
  readonly executor?: { readonly graph?: { readonly outputs?: readonly GraphNode[] } };
}

/** Operations that pass on what they get. */
const PASSING: ReadonlySet<string> = new Set(["Identity", "Reshape", "Squeeze", "StopGradient"]);
const BY_OPERATION: Readonly<Record<string, ModelOutputs>> = {
  Softmax: "probabilities",
  Sigmoid: "sigmoid",
  LogSoftmax: "logits",
  BiasAdd: "logits",
  MatMul: "logits",
};

/** What a graph model's output gives, read from the last operation that computes something; `undefined` where it does not say. */
export function outputsOfGraph(model: object, output: string): ModelOutputs | undefined {
  let node = (model as HoldsGraph).executor?.graph?.outputs?.find(({ name }) => name === output);
  while (node !== undefined && PASSING.has(node.op)) node = node.inputs[0];
  return node !== undefined && Object.hasOwn(BY_OPERATION, node.op) ? BY_OPERATION[node.op] : undefined;
}
