/** Data types of ONNX tensors. */
const FLOAT = 1;
const INT64 = 7;
/** Attribute types of ONNX nodes. */
const ATTRIBUTE = { float: 1, int: 2, ints: 7 } as const;
/** The newest that `Gelu` needs, and the file version that came with it. */
const OPSET = 20;
const IR_VERSION = 9;

type Attribute = { readonly float: number } | { readonly int: number } | { readonly ints: readonly number[] };

/**
 * An ONNX model in the making. Values are named by strings.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto for the field numbers
 *
 * @example
 * const graph = new OnnxGraph();
 * const x = graph.input("x", [1, 2]);
 * const y = graph.node("Add", [x, graph.floats([2], Float32Array.of(1, 2))]);
 * const file = graph.file({ [y]: [1, 2] });
 */
export class OnnxGraph {
  readonly #nodes: number[][] = [];
  readonly #initializers: Uint8Array[] = [];
  readonly #inputs: number[][] = [];
  #names = 0;

  input(name: string, shape: readonly number[]): string {
    this.#inputs.push(valueInfo(name, shape));
    return name;
  }

  /** A constant of float32. */
  floats(shape: readonly number[], data: Float32Array): string {
    return this.#constant(shape, FLOAT, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  /** A constant vector of int64. */
  integers(values: readonly number[]): string {
    const data = BigInt64Array.from(values, (value) => BigInt(value));
    return this.#constant([values.length], INT64, new Uint8Array(data.buffer));
  }

  /** The one output of a new node. */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    return this.nodes(type, inputs, 1, attributes)[0]!;
  }

  /** All outputs of a new node. */
  nodes(
    type: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string[] {
    const names = Array.from({ length: outputs }, () => this.#name());
    this.#nodes.push([
      ...inputs.flatMap((name) => text(1, name)),
      ...names.flatMap((name) => text(2, name)),
      ...text(4, type),
      ...Object.entries(attributes).flatMap(([name, value]) => message(5, attribute(name, value))),
    ]);
    return names;
  }

  /** The file's bytes. `outputs` maps the values to be returned to their shapes. */
  file(outputs: Readonly<Record<string, readonly number[]>>): Uint8Array {
    const graph = concat([
      Uint8Array.from(this.#nodes.flatMap((node) => message(1, node))),
      Uint8Array.from(text(2, "model")),
      ...this.#initializers.flatMap((tensor) => [header(5, tensor.length), tensor]),
      Uint8Array.from(this.#inputs.flatMap((info) => message(11, info))),
      Uint8Array.from(
        Object.entries(outputs).flatMap(([name, shape]) => message(12, valueInfo(name, shape))),
      ),
    ]);
    return concat([
      Uint8Array.from(number(1, IR_VERSION)),
      header(7, graph.length),
      graph,
      Uint8Array.from(message(8, [...text(1, ""), ...number(2, OPSET)])),
    ]);
  }

  #constant(shape: readonly number[], type: number, data: Uint8Array): string {
    const name = this.#name();
    const head = [...shape.flatMap((side) => number(1, side)), ...number(2, type), ...text(8, name)];
    this.#initializers.push(concat([Uint8Array.from(head), header(9, data.length), data]));
    return name;
  }

  #name(): string {
    return `v${this.#names++}`;
  }
}

function valueInfo(name: string, shape: readonly number[]): number[] {
  const dimensions = shape.flatMap((side) => message(1, number(1, side)));
  return [...text(1, name), ...message(2, message(1, [...number(1, FLOAT), ...message(2, dimensions)]))];
}

function attribute(name: string, value: Attribute): number[] {
  if ("float" in value) {
    const bytes = new Uint8Array(Float32Array.of(value.float).buffer);
    return [...text(1, name), (2 << 3) | 5, ...bytes, ...number(20, ATTRIBUTE.float)];
  }
  if ("int" in value) return [...text(1, name), ...number(3, value.int), ...number(20, ATTRIBUTE.int)];
  return [...text(1, name), ...value.ints.flatMap((i) => number(8, i)), ...number(20, ATTRIBUTE.ints)];
}

// Protobuf's wire format: a field is its number and kind, then a varint (kind 0) or a length and that many bytes (kind 2).

function number(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

function text(field: number, value: string): number[] {
  return message(field, [...new TextEncoder().encode(value)]);
}

function message(field: number, bytes: readonly number[]): number[] {
  return [...header(field, bytes.length), ...bytes];
}

function header(field: number, length: number): Uint8Array {
  return Uint8Array.from([...varint((field << 3) | 2), ...varint(length)]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value)); // negative numbers are written as 64-bit ones
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
