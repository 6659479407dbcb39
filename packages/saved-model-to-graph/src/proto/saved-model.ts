import { type Attribute, addAttribute } from "./attribute.ts";
import { fieldsOf, pairOf, textOf } from "./message.ts";
import { readShape, type Shape } from "./tensor.ts";

/** A node of a graph or of a function. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** `node`, `node:1`, in a function `node:output:0` or an argument; `^node` for control. */
  readonly inputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** A function of the library. */
export interface GraphFunction {
  readonly name: string;
  readonly args: readonly string[];
  /** Names of its outputs, in order. */
  readonly outputs: readonly string[];
  readonly nodes: readonly GraphNode[];
  /** Tensor of each output. */
  readonly returns: ReadonlyMap<string, string>;
}

/** A tensor of a signature. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: number;
  readonly shape: Shape;
}

/** What is called of a graph. */
export interface Signature {
  readonly inputs: ReadonlyMap<string, TensorInfo>;
  readonly outputs: ReadonlyMap<string, TensorInfo>;
}

/** The graph of a SavedModel. */
export interface MetaGraph {
  readonly tags: readonly string[];
  readonly nodes: readonly GraphNode[];
  readonly functions: ReadonlyMap<string, GraphFunction>;
  readonly signatures: ReadonlyMap<string, Signature>;
  /** Operation that restores variables. */
  readonly restore: string;
  /** Versions of the graph, as in the file. */
  readonly producer: number;
}

/**
 * Reads the graphs of `saved_model.pb`.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/saved_model.proto
 */
export function readSavedModel(file: Uint8Array): MetaGraph[] {
  const graphs: MetaGraph[] = [];
  for (const { number, bytes } of fieldsOf(file)) if (number === 2) graphs.push(readMetaGraph(bytes));
  return graphs;
}

function readMetaGraph(message: Uint8Array): MetaGraph {
  const tags: string[] = [];
  const nodes: GraphNode[] = [];
  const functions = new Map<string, GraphFunction>();
  const signatures = new Map<string, Signature>();
  let [restore, producer] = ["", 0];
  for (const { number, bytes } of fieldsOf(message)) {
    if (number === 1) {
      for (const field of fieldsOf(bytes)) if (field.number === 4) tags.push(textOf(field.bytes));
    } else if (number === 2) {
      for (const field of fieldsOf(bytes)) {
        if (field.number === 1) nodes.push(readNode(field.bytes));
        if (field.number === 2) readLibrary(field.bytes, functions);
        if (field.number === 4)
          for (const own of fieldsOf(field.bytes)) if (own.number === 1) producer = Number(own.integer);
      }
    } else if (number === 3) {
      for (const field of fieldsOf(bytes)) if (field.number === 3) restore = textOf(field.bytes);
    } else if (number === 5) {
      const [key, value] = pairOf(bytes);
      signatures.set(key, readSignature(value));
    }
  }
  return { tags, nodes, functions, signatures, restore, producer };
}

function readNode(message: Uint8Array): GraphNode {
  let [name, op] = ["", ""];
  const inputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  for (const { number, bytes } of fieldsOf(message)) {
    if (number === 1) name = textOf(bytes);
    else if (number === 2) op = textOf(bytes);
    else if (number === 3) inputs.push(textOf(bytes));
    else if (number === 5) addAttribute(attributes, bytes);
  }
  return { name, op, inputs, attributes };
}

function readLibrary(message: Uint8Array, functions: Map<string, GraphFunction>): void {
  for (const { number, bytes } of fieldsOf(message)) {
    if (number !== 1) continue;
    const one = readFunction(bytes);
    functions.set(one.name, one);
  }
}

function readFunction(message: Uint8Array): GraphFunction {
  let name = "";
  const [args, outputs]: [string[], string[]] = [[], []];
  const nodes: GraphNode[] = [];
  const returns = new Map<string, string>();
  for (const { number, bytes } of fieldsOf(message)) {
    if (number === 1) {
      for (const field of fieldsOf(bytes)) {
        if (field.number === 1) name = textOf(field.bytes);
        if (field.number === 2) args.push(argumentName(field.bytes));
        if (field.number === 3) outputs.push(argumentName(field.bytes));
      }
    } else if (number === 3) nodes.push(readNode(bytes));
    else if (number === 4) {
      const [key, value] = pairOf(bytes);
      returns.set(key, textOf(value));
    }
  }
  return { name, args, outputs, nodes, returns };
}

function argumentName(message: Uint8Array): string {
  for (const { number, bytes } of fieldsOf(message)) if (number === 1) return textOf(bytes);
  return "";
}

function readSignature(message: Uint8Array): Signature {
  const [inputs, outputs] = [new Map<string, TensorInfo>(), new Map<string, TensorInfo>()];
  for (const { number, bytes } of fieldsOf(message)) {
    if (number !== 1 && number !== 2) continue;
    const [key, value] = pairOf(bytes);
    (number === 1 ? inputs : outputs).set(key, readTensorInfo(value));
  }
  return { inputs, outputs };
}

function readTensorInfo(message: Uint8Array): TensorInfo {
  let [name, dtype]: [string, number] = ["", 0];
  let shape: Shape;
  for (const { number, integer, bytes } of fieldsOf(message)) {
    if (number === 1) name = textOf(bytes);
    else if (number === 2) dtype = Number(integer);
    else if (number === 3) shape = readShape(bytes);
  }
  return { name, dtype, shape };
}
