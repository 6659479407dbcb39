import type { Attribute, OnnxGraph } from "onnx-writer";
import { quantized } from "./quantized.ts";
import { planes, toFirst, toLast, type Value, value } from "./value.ts";

/** A tensor of weights, read. */
export interface Weights {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What converters add nodes with; nodes are named after the layer that they are part of. */
export class Builder {
  readonly graph: OnnxGraph;
  readonly #products: "float32" | "int8";
  readonly #constants = new Map<string, string>();
  readonly #turned = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  #layer = "";

  constructor(graph: OnnxGraph, products: "float32" | "int8") {
    this.graph = graph;
    this.#products = products;
  }

  /** Names the nodes that follow after a layer. */
  enter(layer: string): void {
    this.#layer = layer;
  }

  /** Adds a node with one output. */
  node(operator: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    const name = this.#nodeName(operator);
    return this.graph.node(operator, inputs, attributes, { name, outputs: [`${name}_output`] });
  }

  /** Adds a node with several outputs. */
  nodes(
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes: Record<string, Attribute>,
  ): string[] {
    const name = this.#nodeName(operator);
    const outputs = Array.from({ length: count }, (_, i) => `${name}_output_${i}`);
    return this.graph.nodes(operator, inputs, count, attributes, { name, outputs });
  }

  /** A constant of float32; `name` is that of the weight, shared wherever it is used in this form. */
  floats({ shape, data }: Weights, name: string): string {
    return this.#once(`float ${name} [${shape}]`, () =>
      this.graph.constant({ dtype: "float32", shape, data }, this.#freeName(name)),
    );
  }

  /** `x · kernel` along the last axis, in the numbers that were asked for. */
  product(x: string, kernel: Weights & { readonly name: string }): string {
    if (this.#products === "float32") return this.node("MatMul", [x, this.floats(kernel, kernel.name)]);
    const { integers, scales } = quantized(kernel);
    const columns = [kernel.shape[1]!];
    const weights = this.#once(`int8 ${kernel.name}`, () =>
      this.graph.constant({ dtype: "int8", shape: kernel.shape, data: integers }, `${kernel.name}_int8`),
    );
    const [rounded, scale, zero] = this.nodes("DynamicQuantizeLinear", [x], 3, {});
    const sums = this.node("MatMulInteger", [rounded!, weights, zero!]);
    const factor = this.node("Mul", [
      scale!,
      this.floats({ shape: columns, data: scales }, `${kernel.name}_scale`),
    ]);
    return this.node("Mul", [this.node("Cast", [sums], { to: { int: 1 } }), factor]);
  }

  /** A scalar of float32. */
  scalar(number: number): string {
    return this.#once(`scalar ${number}`, () =>
      this.graph.constant({ dtype: "float32", shape: [], data: Float32Array.of(number) }),
    );
  }

  /** A vector of int64. */
  integers(numbers: readonly number[]): string {
    const data = BigInt64Array.from(numbers, BigInt);
    return this.#once(`integers ${numbers}`, () =>
      this.graph.constant({ dtype: "int64", shape: [numbers.length], data }),
    );
  }

  /** The value's name in tfjs' order of axes. */
  plain(x: Value): string {
    return x.channelsFirst ? this.#transposed(x.name, toLast(x.shape.length)) : x.name;
  }

  /** The value's name with channels before the other axes. */
  planes(x: Value): string {
    return x.channelsFirst ? x.name : this.#transposed(x.name, toFirst(x.shape.length));
  }

  /** Values of one shape in one order of axes: channels first if the first has it. */
  alike(values: readonly Value[]): { names: string[]; result: typeof value } {
    const first =
      values[0]!.channelsFirst && values.every(({ shape }) => shape.length === values[0]!.shape.length);
    return first
      ? { names: values.map((x) => this.planes(x)), result: planes }
      : { names: values.map((x) => this.plain(x)), result: value };
  }

  transpose(x: string, perm: readonly number[]): string {
    return this.node("Transpose", [x], { perm: { ints: perm } });
  }

  /** `shape` has −1 for the one axis of unknown size. */
  reshape(x: string, shape: readonly number[]): string {
    return this.node("Reshape", [x, this.integers(shape)]);
  }

  slice(x: string, axis: number, start: number, end: number): string {
    return this.node("Slice", [x, this.integers([start]), this.integers([end]), this.integers([axis])]);
  }

  #transposed(name: string, perm: readonly number[]): string {
    const key = `${name} ${perm}`;
    const known = this.#turned.get(key) ?? this.transpose(name, perm);
    this.#turned.set(key, known);
    return known;
  }

  #once(key: string, make: () => string): string {
    const known = this.#constants.get(key) ?? make();
    this.#constants.set(key, known);
    return known;
  }

  #nodeName(operator: string): string {
    return this.#freeName(`${this.#layer}/${operator}`);
  }

  #freeName(name: string): string {
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  }
}
