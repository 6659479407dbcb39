import type { DataType, TypedArray } from "@tensorflow/tfjs-core";
import type { DynamicAxis } from "../varying/dynamic-axes.ts";
import { isVarying, type Linear, type Size } from "../varying/size.ts";
import { type Attributes, attribute } from "./attribute.ts";
import { Names } from "./names.ts";
import type { Operand } from "./operand.ts";

/** A node of a graph, as protocol buffers' JSON has it. */
export interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Attributes;
}

/** A constant and its values. */
export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly values: TypedArray;
}

/** Constants of up to this many numbers are kept once each. */
const SMALL = 64;

/** A graph that is being built, node by node in an order in which they can run. */
export class GraphBuilder {
  readonly names: Names = new Names();
  /** What each reshaped value was before. */
  readonly reshapes: Map<string, Operand> = new Map();
  /** Path under which nodes are named. */
  scope = "";
  readonly #nodes = new Map<string, NodeDef>();
  readonly #constants = new Map<string, Constant>();
  /** References by what they are of, so that nothing is added twice. */
  readonly #known = new Map<string, string>();
  readonly #axes: readonly DynamicAxis[];
  readonly #inputs: [name: string, dtype: DataType][] = [];

  constructor(axes: readonly DynamicAxis[]) {
    this.#axes = axes;
  }

  /** Adds an input of the model, under exactly this name. */
  input(name: string, dtype: DataType, shape: readonly (number | null)[]): string {
    this.#nodes.set(name, {
      ...{ name, op: "Placeholder" },
      attr: { dtype: attribute.type(dtype), shape: attribute.shape(shape) },
    });
    this.#inputs.push([name, dtype]);
    return name;
  }

  /** Adds an output of the model, under exactly this name. */
  output(name: string, ref: string, dtype: DataType): void {
    this.#nodes.set(name, { name, op: "Identity", input: [ref], attr: { T: attribute.type(dtype) } });
  }

  /** Adds a node and names its first output; the others are `name:1` and so on. */
  node(op: string, inputs: readonly string[], attr: Attributes = {}): string {
    const name = this.names.unique(this.#scoped(op));
    this.#nodes.set(name, { name, op, input: inputs, attr });
    return name;
  }

  /**
   * Adds a constant, once if it is small.
   *
   * @param role - What nodes do with it. The executor reads parameters in JavaScript, which is fast as long as they are not on a GPU:
   * they are kept apart from operands, which go there.
   */
  constant(
    values: TypedArray,
    shape: readonly number[],
    dtype: DataType,
    role: "operand" | "parameter" = "operand",
  ): string {
    if (values.length > SMALL) return this.weight(values, shape, dtype, this.#scoped("const"));
    // Bits, not numbers: -0 is not 0.
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return this.#once(`${role} ${dtype} [${shape}] ${bytes}`, () =>
      this.weight(values, shape, dtype, "const"),
    );
  }

  /** Adds a constant under a name of its own. */
  weight(values: TypedArray, shape: readonly number[], dtype: DataType, wanted: string): string {
    const name = this.names.unique(wanted);
    const attr = { dtype: attribute.type(dtype), value: attribute.tensor(dtype, shape) };
    this.#nodes.set(name, { name, op: "Const", attr });
    this.#constants.set(name, { name, shape, dtype, values });
    return name;
  }

  /** The constant of this name, if it is one. */
  stored(ref: string): Constant | undefined {
    return this.#constants.get(ref);
  }

  /** A constant of rank 0; a parameter unless it is said to be an operand. */
  scalar(value: number, dtype: DataType, role: "operand" | "parameter" = "parameter"): string {
    const values = dtype === "float32" ? Float32Array.of(value) : Int32Array.of(value);
    return this.constant(dtype === "bool" ? Uint8Array.of(value) : values, [], dtype, role);
  }

  /** A table of whole numbers. */
  table(rows: readonly (readonly number[])[]): string {
    return this.constant(
      Int32Array.from(rows.flat()),
      [rows.length, rows[0]?.length ?? 0],
      "int32",
      "parameter",
    );
  }

  /**
   * A list of whole numbers, computed from the inputs' shapes where they depend on them.
   *
   * @param near - A value whose sides, times a whole number, they may be too.
   */
  ints(sizes: readonly Size[], near?: Operand): string {
    if (!sizes.some(isVarying))
      return this.constant(Int32Array.from(sizes as number[]), [sizes.length], "int32", "parameter");
    const parts = sizes.map((size) => this.int(size, near));
    return this.#once(`list ${parts}`, () =>
      this.#sizeNode("Pack", parts, {
        N: attribute.int(parts.length),
        T: attribute.type("int32"),
        axis: attribute.int(0),
      }),
    );
  }

  /** A whole number of rank 0, computed from the inputs' shapes where it depends on them; `near` as in {@link ints}. */
  int(size: Size, near?: Operand): string {
    if (!isVarying(size)) return this.scalar(size, "int32");
    if (size.linear !== undefined) return this.#sum(size.linear);
    for (const [axis, side] of near?.shape.entries() ?? []) {
      const factor = isVarying(side) ? size.values[0]! / side.values[0]! : 0;
      if (!isVarying(side) || !Number.isInteger(factor)) continue;
      if (side.values.every((value, trace) => value * factor === size.values[trace]))
        return this.#times(this.#side(near!.ref, near!.dtype, axis), factor);
    }
    throw new Error("a size depends on the sizes of the inputs in no simple way");
  }

  /** All that the outputs depend on. */
  finished(outputs: readonly string[]): { nodes: NodeDef[]; constants: Constant[] } {
    const needed = new Set([...outputs, ...this.#inputs.map(([name]) => name)]);
    for (const name of needed)
      for (const ref of this.#nodes.get(name)!.input ?? []) needed.add(ref.split(":")[0]!);
    return {
      nodes: [...this.#nodes.values()].filter(({ name }) => needed.has(name)),
      constants: [...this.#constants.values()].filter(({ name }) => needed.has(name)),
    };
  }

  #scoped(name: string): string {
    return this.scope === "" ? name : `${this.scope}/${name}`;
  }

  #sum({ constant, factors }: Linear): string {
    return this.#once(`sum ${constant} ${factors}`, () => {
      const type = { T: attribute.type("int32") };
      const terms = factors.flatMap((factor, i) => {
        if (factor === 0) return [];
        const { input, axis } = this.#axes[i]!;
        return [this.#times(this.#side(...this.#inputs[input]!, axis), factor)];
      });
      if (constant !== 0) terms.push(this.scalar(constant, "int32"));
      return terms.reduce((sum, term) => this.#sizeNode("AddV2", [sum, term], type));
    });
  }

  #times(size: string, factor: number): string {
    if (factor === 1) return size;
    const type = { T: attribute.type("int32") };
    return this.#once(`${size} times ${factor}`, () =>
      this.#sizeNode("Mul", [size, this.scalar(factor, "int32")], type),
    );
  }

  /** The size of a value's axis. */
  #side(of: string, dtype: DataType, axis: number): string {
    return this.#once(`side ${of} ${axis}`, () => {
      const types = { T: attribute.type(dtype), out_type: attribute.type("int32") };
      const shape = this.#once(`shape ${of}`, () => this.#sizeNode("Shape", [of], types));
      const [begin, end, strides] = [this.ints([axis]), this.ints([axis + 1]), this.ints([1])];
      const int = attribute.type("int32");
      const masks = ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask"];
      return this.#sizeNode("StridedSlice", [shape, begin, end, strides], {
        ...{ T: int, Index: int, shrink_axis_mask: attribute.int(1) },
        ...Object.fromEntries(masks.map((mask) => [mask, attribute.int(0)])),
      });
    });
  }

  /** A node of a computed size: it may serve several layers. */
  #sizeNode(op: string, inputs: readonly string[], attr: Attributes): string {
    const before = this.scope;
    this.scope = "sizes";
    const ref = this.node(op, inputs, attr);
    this.scope = before;
    return ref;
  }

  #once(what: string, add: () => string): string {
    const known = this.#known.get(what) ?? add();
    this.#known.set(what, known);
    return known;
  }
}
