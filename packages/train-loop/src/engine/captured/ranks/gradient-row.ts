import * as tf from "@tensorflow/tfjs-core";
import { squaredNorms } from "tfjs-optim";
import type { Task } from "../../../task.ts";
import { flatten, totalSize } from "../../step-vector.ts";
import type { MicroPasses } from "../passes/micro-passes.ts";
import type { Programs } from "../programs.ts";

/**
 * The sums of gradients of all variables in a row, as they go between ranks: read back and written by a program each, so that neither
 * takes a round trip or an upload for every variable. Where a row is more than the device binds, they take these.
 */
export class GradientRow {
  readonly #variables: Task["variables"];
  readonly #passes: MicroPasses;
  readonly #programs: Programs;

  constructor({ variables }: Task, passes: MicroPasses, programs: Programs) {
    this.#variables = variables;
    this.#passes = passes;
    this.#programs = programs;
  }

  /** Reads the sums back. @param names - Variables that had a gradient; what the others' sums hold is of an earlier batch. */
  async read(names: readonly string[]): Promise<Float32Array> {
    const row = await this.#readAll();
    const given = new Set(names);
    let start = 0;
    for (const { name, size } of this.#variables) {
      if (!given.has(name)) row.fill(0, start, start + size);
      start += size;
    }
    return row;
  }

  async #readAll(): Promise<Float32Array> {
    const sums = this.#passes.sums.of(this.#variables.map(({ name }) => name));
    const program = await this.#programs.find("sums", "read", {}, () => ({
      row: tf.tidy(() => tf.concat(sums.map((sum) => tf.reshape(sum, [-1])))),
    }));
    if (program !== undefined) return (await program.run({})).row as Float32Array;
    return flatten(sums);
  }

  /** Replaces the sums. @returns The squared norm of each. */
  async write(values: Float32Array): Promise<Float32Array> {
    const specs = { row: { shape: [totalSize(this.#variables)] } };
    const program = await this.#programs.find("sums", "write", specs, ({ row }) => ({
      norms: this.#assign((start, { size, shape }) => tf.reshape(tf.slice(row!, start, size), shape)),
    }));
    if (program !== undefined) return (await program.run({ row: values })).norms as Float32Array;
    const norms = this.#assign((start, { size, shape }) =>
      tf.tensor(values.subarray(start, start + size), shape, "float32"),
    );
    return (await norms.data().finally(() => norms.dispose())) as Float32Array;
  }

  #assign(gradientAt: (start: number, variable: tf.Variable) => tf.Tensor): tf.Tensor1D {
    return tf.tidy(() => {
      let start = 0;
      const gradients: tf.NamedTensorMap = {};
      for (const variable of this.#variables) {
        gradients[variable.name] = gradientAt(start, variable);
        start += variable.size;
      }
      this.#passes.sums.add(gradients, true);
      return squaredNorms(this.#passes.sums.of(Object.keys(gradients)));
    });
  }
}
