import type { Operand } from "../graph/operand.ts";
import { type Refusal, refused } from "../refusal.ts";
import type { LayerPlace } from "../trace/traced.ts";
import { fixedShape, isVarying, type Size } from "../varying/size.ts";

/** A kernel's call, whose nodes are added to a graph. */
export class KernelCall {
  readonly kernel: string;
  /** Inputs by name; those of a list have numbers for names. */
  readonly inputs: Readonly<Record<string, Operand>>;
  /** Shapes and types of the outputs; `ref` is not known yet. */
  readonly outputs: readonly Operand[];
  readonly #attrs: Readonly<Record<string, unknown>>;
  readonly #layer: LayerPlace;

  constructor(
    kernel: string,
    inputs: Readonly<Record<string, Operand>>,
    outputs: readonly Operand[],
    attrs: Readonly<Record<string, unknown>>,
    layer: LayerPlace,
  ) {
    this.kernel = kernel;
    this.inputs = inputs;
    this.outputs = outputs;
    this.#attrs = attrs;
    this.#layer = layer;
  }

  /** Inputs in order. */
  get list(): Operand[] {
    return Object.values(this.inputs);
  }

  /** The only output's type and shape. */
  get output(): Operand {
    return this.outputs[0]!;
  }

  /** An input that the kernel cannot do without. */
  input(name: string): Operand {
    const found = this.inputs[name];
    if (found === undefined) throw this.refuse(`has no input '${name}'`);
    return found;
  }

  /** An attribute, which must not depend on the inputs' sizes. */
  fixed<T>(name: string): T {
    const value = this.#attrs[name];
    if (varies(value))
      throw this.refuse(
        `its attribute '${name}' depends on the sizes of the inputs, which a graph's node cannot`,
      );
    return value as T;
  }

  /** An attribute of numbers that may depend on the inputs' sizes. */
  sizes(name: string): Size[] {
    return [this.#attrs[name] as Size | Size[]].flat();
  }

  /** The numbers of a shape that must not depend on the inputs' sizes. */
  fixedShape(shape: readonly Size[]): number[] {
    const fixed = fixedShape(shape);
    if (fixed === undefined)
      throw this.refuse("a shape that must be fixed depends on the sizes of the inputs");
    return fixed;
  }

  refuse(reason: string): Refusal {
    return refused(this.#layer, `kernel ${this.kernel}: ${reason}`);
  }
}

function varies(value: unknown): boolean {
  return isVarying(value) || (Array.isArray(value) && value.some(varies));
}
