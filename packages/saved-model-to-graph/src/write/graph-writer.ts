import type * as tf from "@tensorflow/tfjs-core";
import { DEFAULT_ATTRIBUTES } from "../graph/default-attributes.ts";
import type { FlatNode, Tensor } from "../graph/inline.ts";
import { DTYPES, dtypeName } from "../proto/dtype.ts";
import type { Constant } from "../proto/tensor.ts";
import { attributeJson, defaultJson, shapeJson } from "./attribute-json.ts";

/** A node in tfjs' JSON. */
export interface NodeJson {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, object>>;
}

const TYPES = { float32: DTYPES.float, int32: DTYPES.int32, bool: DTYPES.bool, string: DTYPES.string };

/** Nodes and weights of a graph model, as they are added. */
export class GraphWriter {
  readonly nodes: NodeJson[] = [];
  readonly specs: tf.io.WeightsManifestEntry[] = [];
  readonly data: Uint8Array[] = [];
  readonly #names = new Map<FlatNode, string>();
  readonly #taken: Set<string> = new Set();

  /** Gives a node a name that no other has. */
  nameFor(wanted: string, node?: FlatNode): string {
    let name = wanted;
    for (let count = 1; this.#taken.has(name); count++) name = `${wanted}_${count}`;
    this.#taken.add(name);
    if (node !== undefined) this.#names.set(node, name);
    return name;
  }

  /** A tensor as an input of another node. */
  reference({ node, index }: Tensor): string {
    const name = this.#names.get(node)!;
    return index === 0 ? name : `${name}:${index}`;
  }

  /** Adds an operation; inputs of the graph become placeholders. */
  addNode(node: FlatNode, inputs: ReadonlyMap<string, Tensor>): void {
    const isInput = [...inputs.values()].some((input) => input.node === node);
    const attr: Record<string, object> = {};
    const defaults = Object.hasOwn(DEFAULT_ATTRIBUTES, node.op) ? DEFAULT_ATTRIBUTES[node.op]! : {};
    for (const [key, value] of Object.entries(defaults)) attr[key] = defaultJson(value);
    for (const [key, attribute] of node.attributes) {
      const json = key.startsWith("_") ? undefined : attributeJson(attribute);
      if (json !== undefined) attr[key] = json;
    }
    const op = isInput ? "Placeholder" : node.op;
    const input = isInput ? [] : node.inputs.map((one) => this.reference(one));
    const name = this.nameFor(node.name, node);
    this.nodes.push({ name, op, ...(input.length > 0 && { input }), attr });
  }

  /** Makes a node another name of one that was added. */
  addAlias(node: FlatNode, other: FlatNode): void {
    this.#names.set(node, this.#names.get(other)!);
  }

  /** Adds a constant or a variable as a weight of the node's name. */
  addWeight(node: FlatNode, { dtype, shape, values }: Constant): void {
    const name = this.nameFor(node.name, node);
    const type = dtypeName(TYPES[dtype]);
    const tensor = { dtype: type, tensorShape: shapeJson(shape) };
    this.nodes.push({ name, op: "Const", attr: { dtype: { type }, value: { tensor } } });
    this.specs.push({ name, shape: [...shape], dtype });
    this.data.push(ArrayBuffer.isView(values) ? bytesOf(values) : stringsOf(values));
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Strings as tfjs stores them: the length of each in 32 bits, then its bytes. */
function stringsOf(strings: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(strings.reduce((sum, { length }) => sum + 4 + length, 0));
  let at = 0;
  for (const bytes of strings) {
    new DataView(all.buffer).setUint32(at, bytes.length, true);
    all.set(bytes, at + 4);
    at += 4 + bytes.length;
  }
  return all;
}
