import {
  type Checks,
  check,
  integerFrom,
  OBJECT,
  oneOf,
  optional,
  requireOptions,
  STRING,
} from "known-options";
import { type Attribute, attributeField, requireAttribute } from "./attribute.ts";
import { DTYPES, type Dtype } from "./dtype.ts";
import { bytes, encoded, type Fields, integer, message, text } from "./message.ts";
import { type Dimension, requireShape, valueInfo } from "./value-info.ts";

/** Options of {@link OnnxGraph}. */
export interface OnnxGraphOptions {
  /** The graph's name. Default `"model"`. */
  readonly name?: string;
  /** Version of ONNX's operators, in [13, 24]; the file's IR version is the one that came with it. Default 17. */
  readonly opset?: number;
}

/** A constant tensor. */
export interface Constant {
  readonly dtype: Dtype;
  /** Sizes; empty for a scalar. */
  readonly shape: readonly number[];
  /**
   * Elements in row-major order, in an array of the dtype's kind: bits in a `Uint16Array` for float16, bytes for bool. Read when the
   * file is made; not copied.
   */
  readonly data:
    | Float32Array
    | Float64Array
    | Uint16Array
    | BigInt64Array
    | Int32Array
    | Int8Array
    | Uint8Array;
}

/** Options of {@link OnnxGraph.node}. */
export interface NodeOptions {
  /** The node's name, unique among nodes. Default: none. */
  readonly name?: string;
  /** Names of its outputs. Default: one output with a name of its own. */
  readonly outputs?: readonly string[];
}

/** Options of {@link OnnxGraph.file}. */
export interface OnnxFileOptions {
  /** Program that made the file. Default `"onnx-writer"`. */
  readonly producer?: string;
  /** Its version. Default `""`. */
  readonly producerVersion?: string;
  /** Human-readable text about the model. Default `""`. */
  readonly description?: string;
  /** Pairs that programs can read back, such as class names. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** IR version that came with an opset, from {@link OLDEST} on: https://github.com/onnx/onnx/blob/main/docs/Versioning.md */
const IR_VERSIONS = [7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11, 12];
const OLDEST = 13;
const NEWEST = OLDEST + IR_VERSIONS.length - 1;

const NAME = check(
  "a string of at least one character",
  (value) => typeof value === "string" && value !== "",
);
const GRAPH_CHECKS: Checks<OnnxGraphOptions> = {
  name: optional(NAME),
  opset: optional(
    check(`an integer in [${OLDEST}, ${NEWEST}]`, (value) => {
      return integerFrom(OLDEST).fits(value) && Number(value) <= NEWEST;
    }),
  ),
};
const CONSTANT_CHECKS: Checks<Constant> = {
  dtype: oneOf(...Object.keys(DTYPES)),
  shape: check("a list of integers >= 0", (value) => {
    return Array.isArray(value) && value.every((side) => integerFrom(0).fits(side));
  }),
  data: check("a typed array", ArrayBuffer.isView),
};
const NODE_CHECKS: Checks<NodeOptions> = {
  name: optional(NAME),
  outputs: optional(
    check("a list of names", (value) => Array.isArray(value) && value.length > 0 && value.every(NAME.fits)),
  ),
};
const FILE_CHECKS: Checks<OnnxFileOptions> = {
  producer: optional(STRING),
  producerVersion: optional(STRING),
  description: optional(STRING),
  metadata: optional(OBJECT),
};

/** Protobuf's limit. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * An ONNX model in the making: values are added in the order in which they are computed, and named by strings.
 *
 * Names are checked as they are added: a value exists before it is used, and once. Operators, their attributes and shapes are ONNX's;
 * they are checked by the runtime (or `onnx.checker`), not here.
 *
 * @throws TypeError for an unknown option. RangeError for an opset that is not known.
 * @see https://github.com/onnx/onnx/blob/main/docs/IR.md; https://onnx.ai/onnx/operators
 *
 * @example
 * const graph = new OnnxGraph();
 * const x = graph.input("x", "float32", ["batch_size", 2]);
 * const weights = graph.constant({ dtype: "float32", shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) });
 * const y = graph.node("MatMul", [x, weights], {}, { outputs: ["y"] });
 * graph.output(y, "float32", ["batch_size", 2]);
 * console.log(graph.file().length > 0); // true
 */
export class OnnxGraph {
  readonly #name: string;
  readonly #opset: number;
  readonly #nodes: Fields[] = [];
  readonly #constants: Fields[] = [];
  readonly #inputs: Fields[] = [];
  readonly #outputs: Fields[] = [];
  readonly #values = new Set<string>();
  readonly #nodeNames = new Set<string>();
  #bytes = 0;
  #unnamed = 0;

  constructor(options: OnnxGraphOptions = {}) {
    requireOptions("OnnxGraph", options, GRAPH_CHECKS);
    this.#name = options.name ?? "model";
    this.#opset = options.opset ?? 17;
  }

  /**
   * Adds an input.
   *
   * @returns Its name.
   * @throws RangeError if a value has this name already; TypeError for an unknown dtype or a shape that is none.
   */
  input(name: string, dtype: Dtype, shape: readonly Dimension[]): string {
    requireValue("OnnxGraph.input", dtype, shape);
    this.#add("OnnxGraph.input", name);
    this.#inputs.push(valueInfo(11, name, dtype, shape));
    return name;
  }

  /**
   * Adds a constant: weights, or a parameter that an operator takes as an input.
   *
   * @returns Its name.
   * @throws RangeError if the elements are not as many as the shape says, or a value has this name already; TypeError if the array is
   * not of the dtype's kind.
   */
  constant(constant: Constant, name: string = this.#unusedName()): string {
    const caller = "OnnxGraph.constant";
    requireOptions(caller, constant, CONSTANT_CHECKS);
    const { dtype, shape, data } = constant;
    const { code, array } = DTYPES[dtype];
    const kind = Object.prototype.toString.call(data).slice(8, -1);
    if (kind !== array) throw new TypeError(`${caller}: data of ${dtype} must be a ${array}, got a ${kind}`);
    const size = shape.reduce((product, side) => product * side, 1);
    if (data.length !== size) {
      throw new RangeError(`${caller}: shape [${shape}] must have ${size} elements, got ${data.length}`);
    }
    this.#add(caller, name);
    this.#bytes += data.byteLength;
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const dims = shape.map((side) => integer(1, side));
    this.#constants.push(message(5, [...dims, integer(2, code), text(8, name), bytes(9, raw)]));
    return name;
  }

  /**
   * Adds a node with one output.
   *
   * @param operator - ONNX's name of the operator, such as `MatMul`.
   * @param inputs - Names of its inputs; `""` for an optional one that is left out.
   * @returns The output's name.
   * @throws RangeError if an input does not exist yet, or a name is taken.
   */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: NodeOptions = {},
  ): string {
    return this.nodes(operator, inputs, 1, attributes, options)[0]!;
  }

  /**
   * Adds a node with several outputs, such as `Split`.
   *
   * @returns The outputs' names.
   * @throws RangeError if an input does not exist yet, a name is taken, or `options.outputs` are not as many as `count`.
   */
  nodes(
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, Attribute>> = {},
    options: NodeOptions = {},
  ): string[] {
    const caller = `OnnxGraph.node ${operator}`;
    requireOptions(caller, options, NODE_CHECKS);
    for (const name of inputs.filter((it) => it !== "")) this.#require(caller, name);
    for (const [name, value] of Object.entries(attributes)) requireAttribute(caller, name, value);
    const { name = "", outputs = Array.from({ length: count }, () => this.#unusedName()) } = options;
    if (outputs.length !== count) {
      throw new RangeError(`${caller}: outputs must be ${count} names, got ${outputs.length}`);
    }
    if (name !== "" && this.#nodeNames.has(name)) {
      throw new RangeError(`${caller}: name must be of one node only, got '${name}' again`);
    }
    for (const output of outputs) this.#add(caller, output);
    this.#nodeNames.add(name);
    this.#nodes.push(
      message(1, [
        ...inputs.map((input) => text(1, input)),
        ...outputs.map((output) => text(2, output)),
        text(3, name),
        text(4, operator),
        ...Object.entries(attributes).map(([key, value]) => attributeField(key, value)),
      ]),
    );
    return [...outputs];
  }

  /**
   * Makes a value an output of the model; its name is the value's.
   *
   * @throws RangeError if there is no such value.
   */
  output(name: string, dtype: Dtype, shape: readonly Dimension[]): void {
    requireValue("OnnxGraph.output", dtype, shape);
    this.#require("OnnxGraph.output", name);
    this.#outputs.push(valueInfo(12, name, dtype, shape));
  }

  /**
   * The file's bytes. More may be added afterwards, and another file made.
   *
   * @throws RangeError if there is no output, or the constants have more than the 2 GiB that one file may.
   */
  file(options: OnnxFileOptions = {}): Uint8Array {
    requireOptions("OnnxGraph.file", options, FILE_CHECKS);
    const { producer = "onnx-writer", producerVersion = "", description = "", metadata = {} } = options;
    if (this.#outputs.length === 0) throw new RangeError("OnnxGraph.file: expected an output, got none");
    if (this.#bytes > MOST_BYTES) {
      throw new RangeError(
        `OnnxGraph.file: expected at most ${MOST_BYTES} bytes of constants, got ${this.#bytes}`,
      );
    }
    const graph = [
      ...this.#nodes,
      text(2, this.#name),
      ...this.#constants,
      ...this.#inputs,
      ...this.#outputs,
    ];
    const opset = message(8, [text(1, ""), integer(2, this.#opset)]);
    const pairs = Object.entries(metadata).map(([key, value]) => message(14, [text(1, key), text(2, value)]));
    return encoded([
      integer(1, IR_VERSIONS[this.#opset - OLDEST]!),
      text(2, producer),
      text(3, producerVersion),
      text(6, description),
      message(7, graph),
      opset,
      ...pairs,
    ]);
  }

  #add(caller: string, name: string): void {
    if (!NAME.fits(name))
      throw new TypeError(`${caller}: name must be ${NAME.expected}, got ${JSON.stringify(name)}`);
    if (this.#values.has(name)) throw new RangeError(`${caller}: expected a new name, got '${name}' again`);
    this.#values.add(name);
  }

  #require(caller: string, name: string): void {
    if (!this.#values.has(name))
      throw new RangeError(`${caller}: expected a value of the graph, got '${name}'`);
  }

  #unusedName(): string {
    let name: string;
    do name = `v${this.#unnamed++}`;
    while (this.#values.has(name));
    return name;
  }
}

function requireValue(caller: string, dtype: Dtype, shape: readonly Dimension[]): void {
  requireOptions(caller, { dtype }, { dtype: oneOf(...Object.keys(DTYPES)) });
  requireShape(caller, shape);
}
