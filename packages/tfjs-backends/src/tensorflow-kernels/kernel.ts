import type { Ops, Tensor } from "./ops.ts";

/** A kernel of an op of these packages, by its name in `kernel-contract`, made of TensorFlow's operations. */
export interface Kernel {
  readonly name: string;
  /** What it makes on its way is freed; what it returns is not. */
  run(ops: Ops, inputs: Readonly<Record<string, Tensor>>, attrs: Readonly<Record<string, number>>): Tensor[];
}
