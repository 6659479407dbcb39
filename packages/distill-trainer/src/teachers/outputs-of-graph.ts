import type { ModelOutputs } from "./outputs.ts";

/** A node of tfjs-converter's graph. */
interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly GraphNode[];
}

/** A model of tfjs-converter with its graph, which is not in the public types and may be absent. */
interface HoldsGraph {
  readonly executor?: {
    readonly graph?: {
      readonly outputs?: readonly GraphNode[];
      readonly nodes?: Readonly<Record<string, GraphNode>>;
    };
  };
}

/** Operations that do not change values. */
const PASSING: ReadonlySet<string> = new Set(["Identity", "Reshape", "Squeeze", "StopGradient"]);
const BY_OPERATION: Readonly<Record<string, ModelOutputs>> = {
  Softmax: "probabilities",
  Sigmoid: "sigmoid",
  LogSoftmax: "logits",
  BiasAdd: "logits",
  MatMul: "logits",
};

/** Returns the kind of a graph model's output from its last computing operation; `undefined` if unknown. */
export function outputsOfGraph(model: object, output: string): ModelOutputs | undefined {
  let node = (model as HoldsGraph).executor?.graph?.outputs?.find(({ name }) => name === output);
  while (node !== undefined && PASSING.has(node.op)) node = node.inputs[0];
  return node !== undefined && Object.hasOwn(BY_OPERATION, node.op) ? BY_OPERATION[node.op] : undefined;
}

/** Returns the names of a graph model's nodes, as far as it has its graph. */
export function nodesOfGraph(model: object): readonly string[] | undefined {
  const nodes = (model as HoldsGraph).executor?.graph?.nodes;
  return nodes === undefined ? undefined : Object.keys(nodes);
}
