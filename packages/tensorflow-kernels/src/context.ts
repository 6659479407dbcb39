import * as tf from "@tensorflow/tfjs-core";
import { KernelContext } from "kernel-contract";
import type { NodeBackend } from "./host.ts";

type Tensor = tf.TensorInfo;

/** An attribute of an operation: a flag, a number, a text (`"float"` and `"int32"`: a type), or a shape. */
type Attribute = boolean | number | string | readonly number[];

/** Texts that name a type. */
const TYPES = new Map([
  ["float", "TF_FLOAT"],
  ["int32", "TF_INT32"],
]);

/**
 * The kernels' state on one running backend, and TensorFlow's operations by their own names: tfjs' ops around them cost as
 * much, by checks and tape, as small kernels.
 */
export class Context extends KernelContext<NodeBackend> {
  readonly #constants = new Map<string, tf.Tensor>();

  /** Runs a kernel and frees what it made and does not return, also where it throws: the operations return tfjs' tensors. */
  override attempt<T>(run: () => T): T {
    return tf.tidy(run as () => tf.TensorContainer) as T;
  }

  /** Frees the constants and the resources. */
  override dispose(): void {
    tf.dispose([...this.#constants.values()]);
    this.#constants.clear();
  }

  /** An operation on two tensors, or on a tensor and a number. */
  binary(name: "AddV2" | "Mul" | "Sub", x: Tensor, y: Tensor | number): Tensor {
    return this.run(name, { T: "float" }, [x, typeof y === "number" ? this.scalar(y) : y]);
  }

  unary(name: "Erfc" | "Exp" | "Rsqrt" | "Softmax" | "Square", x: Tensor): Tensor {
    return this.run(name, { T: "float" }, [x]);
  }

  reduce(name: "Mean" | "Sum", x: Tensor, axis: number, keepDims = false): Tensor {
    return this.run(name, { T: "float", Tidx: "int32", keep_dims: keepDims }, [x, this.#ints([axis])]);
  }

  matMul(x: Tensor, y: Tensor, adjointX: boolean, adjointY: boolean): Tensor {
    return this.run("BatchMatMulV2", { T: "float", adj_x: adjointX, adj_y: adjointY }, [x, y]);
  }

  transpose(x: Tensor, order: readonly number[]): Tensor {
    return this.run("Transpose", { T: "float", Tperm: "int32" }, [x, this.#ints(order)]);
  }

  reshape(x: Tensor, shape: readonly number[]): Tensor {
    return this.run("Reshape", { T: "float", Tshape: "int32" }, [x, this.#ints(shape)]);
  }

  slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
    return this.run("Slice", { T: "float", Index: "int32" }, [x, this.#ints(begin), this.#ints(size)]);
  }

  /** Into equal parts. */
  split(x: Tensor, axis: number, parts: number): Tensor[] {
    return this.runAll("Split", { T: "float", num_split: parts }, [this.#int(axis), x], parts);
  }

  concat(parts: readonly Tensor[], axis: number): Tensor {
    return this.run("ConcatV2", { T: "float", Tidx: "int32", N: parts.length }, [...parts, this.#int(axis)]);
  }

  zeros(shape: readonly number[]): Tensor {
    return this.run("Fill", { T: "float", index_type: "int32" }, [this.#ints(shape), this.scalar(0)]);
  }

  /** The resource of that name, the same until {@link dispose}: holds a tensor for operations that change one. */
  resource(name: string): tf.Tensor {
    // Its shape is that of the first value, not the one given here.
    const attributes = { dtype: "float", shape: [], shared_name: name };
    return this.#constant(`resource ${name}`, () => this.runAll("VarHandleOp", attributes, [], 1)[0]!);
  }

  assign(resource: Tensor, value: Tensor): void {
    this.runAll("AssignVariableOp", { dtype: "float" }, [resource, value], 0);
  }

  read(resource: Tensor): Tensor {
    return this.run("ReadVariableOp", { dtype: "float" }, [resource]);
  }

  /** An operation with one result. */
  run(name: string, attributes: Readonly<Record<string, Attribute>>, inputs: readonly Tensor[]): Tensor {
    return this.runAll(name, attributes, inputs, 1)[0]!;
  }

  /** Any operation. */
  runAll(
    name: string,
    attributes: Readonly<Record<string, Attribute>>,
    inputs: readonly Tensor[],
    outputs: number,
  ): tf.Tensor[] {
    const attrs = Object.entries(attributes).map(([attribute, value]) => this.#attribute(attribute, value));
    return this.backend.executeMultipleOutputs(name, attrs, inputs, outputs);
  }

  /** A number that is the same at every step, kept until {@link dispose}. */
  scalar(value: number): tf.Tensor {
    return this.#constant(`float ${value}`, () => tf.scalar(value, "float32"));
  }

  #int(value: number): tf.Tensor {
    return this.#constant(`int ${value}`, () => tf.scalar(value, "int32"));
  }

  #ints(values: readonly number[]): tf.Tensor {
    return this.#constant(`ints ${values}`, () => tf.tensor1d([...values], "int32"));
  }

  #constant(key: string, make: () => tf.Tensor): tf.Tensor {
    if (!this.#constants.has(key)) this.#constants.set(key, tf.keep(make()));
    return this.#constants.get(key)!;
  }

  #attribute(name: string, value: Attribute): object {
    const { binding } = this.backend;
    if (typeof value === "boolean") return { name, type: binding.TF_ATTR_BOOL, value };
    if (Array.isArray(value)) return { name, type: binding.TF_ATTR_SHAPE, value };
    if (typeof value === "number") return { name, type: binding.TF_ATTR_INT, value };
    const type = TYPES.get(value as string);
    if (type === undefined) return { name, type: binding.TF_ATTR_STRING, value };
    return { name, type: binding.TF_ATTR_TYPE, value: binding[type] };
  }
}
