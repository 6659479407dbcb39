import type { MetaGraph } from "../proto/saved-model.ts";
import { type Constant, readTensor, textsOf } from "../proto/tensor.ts";
import { type FlatNode, flatten, type Tensor } from "./inline.ts";

/** Operations that give what they are given. */
const PASSING: ReadonlySet<string> = new Set(["Identity", "StopGradient", "EnsureShape"]);

/** The node that a tensor comes from, past those that pass it on. */
export function sourceOf({ node, index }: Tensor): Tensor {
  let source: Tensor = { node, index };
  for (let next = source.node; PASSING.has(next.op) && next.inputs[0] !== undefined; next = source.node)
    source = next.inputs[0];
  return source;
}

/**
 * Returns the key in the checkpoint of each variable, by the name of its node: from the graph's own operation that restores it, which
 * assigns tensors of names to variables.
 */
export function variableKeys(graph: MetaGraph): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  const [name = ""] = graph.restore.split(":");
  const node = graph.nodes.find((one) => one.name === name);
  if (node === undefined) return keys;
  for (const { target, value } of assignments(graph, name)) {
    const { node: restore, index } = sourceOf(value);
    if (restore.op !== "RestoreV2") continue;
    const names = restore.inputs[1] && constantOf(sourceOf(restore.inputs[1]).node);
    const key = names?.dtype === "string" ? textsOf(names)[index] : undefined;
    if (key !== undefined) keys.set(target, key);
  }
  return keys;
}

interface Assignment {
  /** Name of the variable's node. */
  readonly target: string;
  readonly value: Tensor;
}

/** Assignments are only reached by control, so that each is asked for by name. */
function* assignments(graph: MetaGraph, restore: string): Generator<Assignment> {
  const ASSIGN = new Set(["AssignVariableOp", "Assign"]);
  const call = graph.nodes.find(({ name }) => name === restore)!;
  const attribute = call.attributes.get("f");
  const called = attribute?.kind === "func" ? graph.functions.get(attribute.value) : undefined;
  if (called === undefined) {
    const tensor = flatten(graph); // TensorFlow 1: they are nodes of the graph itself
    for (const node of graph.nodes.filter(({ op }) => ASSIGN.has(op))) {
      const [target, value] = node.inputs.map(tensor);
      if (target !== undefined && value !== undefined) yield { target: sourceOf(target).node.name, value };
    }
    return;
  }
  const inputs = call.inputs.filter((input) => !input.startsWith("^"));
  const handles = new Map(called.args.map((arg, i) => [arg, inputs[i]?.split(":")[0]]));
  const stubs = called.args.map((name) => ({ name, op: "Placeholder", inputs: [], attributes: new Map() }));
  const tensor = flatten({ ...graph, nodes: [...stubs, ...called.nodes] });
  for (const node of called.nodes.filter(({ op }) => ASSIGN.has(op))) {
    const [handle, value] = node.inputs.map((input) => sourceOf(tensor(input)));
    const target = handle && handles.get(handle.node.name);
    if (target !== undefined && value !== undefined) yield { target, value };
  }
}

/** Value of a node `Const`; `undefined` of another. */
export function constantOf({ op, attributes }: FlatNode): Constant | undefined {
  const value = op === "Const" ? attributes.get("value") : undefined;
  return value?.kind === "tensor" ? readTensor(value.value) : undefined;
}
