import * as tf from "@tensorflow/tfjs-core";
import { squaredNorms } from "tfjs-optim";
import type { Task } from "../../../task.ts";
import { totalSize } from "../../step-vector.ts";
import type { GradientSums } from "../passes/gradient-sums.ts";
import type { Programs } from "../programs.ts";

/**
 * The sums of gradients of all variables in a row, as they go between ranks: read back and written by a program each, so that neither
 * takes a round trip or an upload for every variable.
 */
export class GradientRow {
  readonly #variables: Task["variables"];
  readonly #sums: GradientSums;
  readonly #programs: Programs;

  constructor({ variables }: Task, sums: GradientSums, programs: Programs) {
    this.#variables = variables;
    this.#sums = sums;
    this.#programs = programs;
  }

  /** Reads the sums back. */
  async read(): Promise<Float32Array> {
    const names = this.#variables.map(({ name }) => name);
    const compute = () => ({
      row: tf.tidy(() => tf.concat(this.#sums.of(names).map((sum) => tf.reshape(sum, [-1])))),
    });
    const program = await this.#programs.find("sums", "read", {}, compute);
    if (program !== undefined) return (await program.run({})).row as Float32Array;
    const { row } = compute();
    return (await row.data().finally(() => row.dispose())) as Float32Array;
  }

  /** Replaces the sums. @returns The squared norm of each. */
  async write(values: Float32Array): Promise<Float32Array> {
    const compute = ({ row }: Readonly<Record<string, tf.Tensor>>) => ({
      norms: this.#assign(row as tf.Tensor1D),
    });
    const specs = { row: { shape: [totalSize(this.#variables)] } };
    const program = await this.#programs.find("sums", "write", specs, compute);
    if (program !== undefined) return (await program.run({ row: values })).norms as Float32Array;
    const row = tf.tensor1d(values);
    const { norms } = compute({ row });
    row.dispose();
    return (await norms.data().finally(() => norms.dispose())) as Float32Array;
  }

  #assign(row: tf.Tensor1D): tf.Tensor1D {
    return tf.tidy(() => {
      let offset = 0;
      const gradients: tf.NamedTensorMap = {};
      for (const { name, shape, size } of this.#variables) {
        gradients[name] = tf.reshape(tf.slice(row, offset, size), shape);
        offset += size;
      }
      this.#sums.add(gradients, true);
      return squaredNorms(this.#sums.of(Object.keys(gradients)));
    });
  }
}
