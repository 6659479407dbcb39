import type * as tf from "@tensorflow/tfjs-core";
import { BYTES, type Checks, having, optional, requireOptions, STRING } from "known-options";
import type { NamedTensors, StoredTensor } from "named-weights";
import { type FlatNode, flatten, type Tensor } from "./graph/inline.ts";
import { KNOWN_OPS } from "./graph/known-ops.ts";
import { constantOf, sourceOf, variableKeys } from "./graph/variable-keys.ts";
import { type MetaGraph, readSavedModel, type Signature } from "./proto/saved-model.ts";
import type { Constant } from "./proto/tensor.ts";
import { graphArtifacts } from "./write/artifacts.ts";
import { GraphWriter } from "./write/graph-writer.ts";

/** The files of a SavedModel. */
export interface SavedModelFiles {
  /** Name, for errors. */
  readonly name: string;
  /** Bytes of `saved_model.pb`. */
  readonly model: Uint8Array;
  /** Its variables, as `openTensorBundle` and `openSavedModelZip` of named-weights open them. Default: it has none. */
  readonly variables?: NamedTensors;
}

const FILES: Checks<SavedModelFiles> = {
  name: STRING,
  model: BYTES,
  variables: optional(
    having("open variables", (it) => it.tensors instanceof Map && typeof it.read === "function"),
  ),
};

/** Options of {@link savedModelToGraph}. */
export interface SavedModelToGraphOptions {
  /** Name of the signature. Default `serving_default`, else the only one. */
  readonly signature?: string;
}

/**
 * Converts a TensorFlow SavedModel to a tfjs graph model, for `tf.loadGraphModel(tf.io.fromMemory(…))` or to be saved: the nodes that
 * one signature's outputs need, functions inlined, variables as weights. Nothing is optimized or run.
 *
 * Output nodes have the names of the signature. float64 constants become float32, and 64-bit integers int32. Variables are float32.
 *
 * @returns Artifacts of a graph model, with its signature.
 * @throws TypeError for an unknown option. Error that begins with the name for a damaged file, a signature that is not there, an
 * operation that tfjs does not know (all of them are listed), control flow, a function that calls itself, more than 200,000 nodes, a
 * variable that is absent, of another shape or not float32.
 * @see https://www.tensorflow.org/guide/saved_model
 *
 * @example
 * ```ts norun
 * import { loadGraphModel } from "@tensorflow/tfjs-converter";
 *
 * const response = await fetch("flowers/saved_model.pb"); // frozen: without variables
 * const model = new Uint8Array(await response.arrayBuffer());
 * const artifacts = await savedModelToGraph({ name: "flowers", model });
 * const graph = await loadGraphModel(tf.io.fromMemory(artifacts));
 * ```
 */
export async function savedModelToGraph(
  files: SavedModelFiles,
  options: SavedModelToGraphOptions = {},
): Promise<tf.io.ModelArtifacts> {
  requireOptions("savedModelToGraph", options, { signature: optional(STRING) });
  requireOptions("savedModelToGraph", files, FILES);
  const { name, model, variables } = files;
  try {
    const graph = servingGraph(readSavedModel(model));
    const signature = chosen(graph, options.signature);
    const tensor = flatten(graph);
    const outputs = new Map([...signature.outputs].map(([key, info]) => [key, tensor(info.name)]));
    const inputs = new Map([...signature.inputs].map(([key, info]) => [key, tensor(info.name)]));
    const writer = new GraphWriter();
    const order = needed([...outputs.values()], inputs);
    requireKnown(order);
    const values = await variablesOf(order.filter(isVariable), variableKeys(graph), variables);
    const written = new Map<Constant, FlatNode>();
    for (const node of order) {
      const constant = values.get(node) ?? constantOf(node);
      const same = constant && written.get(constant); // of two reads of one variable
      if (constant === undefined) writer.addNode(node, inputs);
      else if (same !== undefined) writer.addAlias(node, same);
      else {
        writer.addWeight(node, constant);
        written.set(constant, node);
      }
    }
    return graphArtifacts(writer, signature, { inputs, outputs, producer: graph.producer });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new Error(`${name}: expected a SavedModel that tfjs can run, got: ${why}`, { cause });
  }
}

function servingGraph(graphs: readonly MetaGraph[]): MetaGraph {
  const found =
    graphs.find(({ tags }) => tags.includes("serve")) ?? (graphs.length === 1 ? graphs[0] : undefined);
  if (found !== undefined) return found;
  throw new RangeError(graphs.length === 0 ? "a file without a graph" : "no graph with the tag 'serve'");
}

function chosen({ signatures }: MetaGraph, asked: string | undefined): Signature {
  const callable = [...signatures].filter(([key]) => !key.startsWith("__saved_model"));
  const names = callable.map(([key]) => key).join(", ") || "none";
  const found =
    asked === undefined
      ? (signatures.get("serving_default") ?? (callable.length === 1 ? callable[0]![1] : undefined))
      : signatures.get(asked);
  if (found === undefined)
    throw new RangeError(
      `the signatures ${names}, not ${asked === undefined ? "serving_default" : `'${asked}'`}`,
    );
  if (found.outputs.size === 0) throw new RangeError("a signature without outputs");
  return found;
}

/** Nodes that outputs need, each after its inputs; a variable's read in place of the variable. */
function needed(outputs: readonly Tensor[], inputs: ReadonlyMap<string, Tensor>): FlatNode[] {
  const done = new Set<FlatNode>();
  const given = new Set([...inputs.values()].map(({ node }) => node));
  const stack = outputs.map(({ node }) => node).reverse();
  while (stack.length > 0) {
    const node = stack.at(-1)!;
    const isLeaf = isVariable(node) || given.has(node);
    const waits = done.has(node) || isLeaf ? [] : node.inputs.filter((input) => !done.has(input.node));
    if (waits.length > 0) stack.push(...waits.map((input) => input.node).reverse());
    else {
      done.add(node);
      stack.pop();
    }
  }
  return [...done, ...[...given].filter((node) => !done.has(node))];
}

/** Reads of a variable, and variables of TensorFlow 1, which are read by name. */
function isVariable({ op }: FlatNode): boolean {
  return op === "ReadVariableOp" || op === "VariableV2" || op === "Variable";
}

/** Whether a batch normalization takes its statistics from the batch, which tfjs does not do. */
function isTraining({ attributes }: FlatNode): boolean {
  const training = attributes.get("is_training");
  return training?.kind !== "b" || training.value;
}

/** @throws RangeError with all operations that tfjs does not know. */
function requireKnown(nodes: readonly FlatNode[]): void {
  const unknown = nodes.filter((node) => !isVariable(node) && !KNOWN_OPS.has(node.op)).map(({ op }) => op);
  if (unknown.length > 0)
    throw new RangeError(`operations that are not known: ${[...new Set(unknown)].sort().join(", ")}`);
  const training = nodes.find((node) => node.op.startsWith("FusedBatchNorm") && isTraining(node));
  if (training !== undefined)
    throw new RangeError(
      `batch normalization in training, '${training.name}': export the model for inference`,
    );
}

/** Values of all variables by the nodes that read them; a file is read in its own order. */
async function variablesOf(
  nodes: readonly FlatNode[],
  keys: ReadonlyMap<string, string>,
  variables: NamedTensors | undefined,
): Promise<ReadonlyMap<FlatNode, Constant>> {
  const stored = new Map(nodes.map((node) => [node, storedFor(node, keys, variables)]));
  const wanted = new Set([...stored.values()].map(({ name }) => name));
  const values = new Map<string, Constant>();
  for (const { name, shape } of variables?.tensors.values() ?? []) {
    if (!wanted.has(name)) continue;
    const numbers = Float32Array.from(await variables!.read(name));
    values.set(name, { dtype: "float32", shape, values: numbers });
  }
  return new Map([...stored].map(([node, { name }]) => [node, values.get(name)!]));
}

function storedFor(
  node: FlatNode,
  keys: ReadonlyMap<string, string>,
  variables: NamedTensors | undefined,
): StoredTensor {
  const handle = node.op === "ReadVariableOp" && node.inputs[0] ? sourceOf(node.inputs[0]).node : node;
  const shared = handle.attributes.get("shared_name");
  const named = shared?.kind === "s" ? new TextDecoder().decode(shared.value) : "";
  const key = keys.get(handle.name) ?? (named || handle.name);
  const all = [...(variables?.tensors.values() ?? [])];
  const stored = all.find((one) => one.key === key) ?? variables?.tensors.get(key);
  if (stored === undefined) {
    throw new RangeError(`no float32 variable '${key}', which '${node.name}' reads`);
  }
  const declared = handle.attributes.get("shape");
  const shape = declared?.kind === "shape" ? declared.value : undefined;
  const fits = shape?.every((side, i) => side < 0 || side === stored.shape[i]) ?? true;
  if (!fits || (shape !== undefined && shape.length !== stored.shape.length))
    throw new RangeError(`the variable '${key}' of [${stored.shape}], where the graph has [${shape}]`);
  return stored;
}
