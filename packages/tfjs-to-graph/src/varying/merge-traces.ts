import type * as tf from "@tensorflow/tfjs-core";
import { refused } from "../refusal.ts";
import type { LayerPlace, Trace, TracedOp, TracedValue } from "../trace/traced.ts";
import type { TraceSizes } from "./dynamic-axes.ts";
import type { Linear, Size } from "./size.ts";

/** Where a value of the merged graph comes from. */
type Origin =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "held"; readonly tensor: tf.Tensor }
  | { readonly kind: "made"; readonly values: tf.TypedArray }
  /** One number everywhere, in a shape that varies; or one number that varies. */
  | { readonly kind: "filled"; readonly value: Size }
  /** The same along an axis that varies: what is there once. */
  | { readonly kind: "repeated"; readonly values: tf.TypedArray; readonly axis: number }
  /** Numbers from 0 on along an axis that varies; other sides are 1. */
  | { readonly kind: "counted"; readonly axis: number }
  /** Made in JavaScript, and different in a way that a graph cannot tell. */
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "computed" };

/** A value for inputs of any size. */
export interface Value {
  readonly shape: readonly Size[];
  readonly dtype: tf.DataType;
  readonly from: Origin;
  readonly layer: LayerPlace;
}

/** A kernel's call for inputs of any size; numbers of `attrs` may be of type {@link Size}. */
export type Op = TracedOp;

/** What a model does for inputs of any size. */
export interface Program {
  readonly values: readonly Value[];
  readonly ops: readonly Op[];
  readonly outputs: readonly number[];
}

/** Traces of one model. */
export interface Traces {
  readonly sizes: TraceSizes;
  readonly first: Trace;
  /** With the sizes of the first. */
  readonly again: Trace;
  readonly each: readonly Trace[];
  readonly all: readonly Trace[];
}

const CHANGES = "it does something else from call to call, as random numbers do";
const OTHER_KERNELS = "it runs other kernels for inputs of other sizes";

/**
 * One program from traces of inputs of several sizes: what is the same in all is fixed, what differs is a function of the sizes.
 *
 * @throws Refusal that names the layer, where it is none.
 */
export function mergeTraces(traces: Traces): Program {
  const { first, again } = traces;
  const ordered = [first, ...traces.each, ...traces.all];
  requireSameOps([first, again], CHANGES);
  requireSameOps(ordered, OTHER_KERNELS);
  const fit = (numbers: readonly number[]): Size => sizeOf(numbers, traces.sizes);
  const values = first.values.map((value, i): Value => {
    const same = ordered.map((trace) => trace.values[i]!);
    return {
      ...{ dtype: value.dtype, layer: value.layer },
      shape: value.shape.map((_, axis) => fit(same.map(({ shape }) => shape[axis]!))),
      from: origin(same, again.values[i]!, fit),
    };
  });
  const ops = first.ops.map((op, i): Op => {
    const attrs = ordered.map((trace) => trace.ops[i]!.attrs);
    if (!alike(op.attrs, again.ops[i]!.attrs)) throw refused(op.layer, CHANGES);
    const merged = merge(attrs, fit);
    if (merged === undefined)
      throw refused(op.layer, `${OTHER_KERNELS}: attributes of ${op.kernel} are of other kinds`);
    return { ...op, attrs: merged as Record<string, unknown> };
  });
  return { values, ops, outputs: first.outputs };
}

function requireSameOps(traces: readonly Trace[], reason: string): void {
  const [first, ...others] = traces as [Trace, ...Trace[]];
  for (const other of others) {
    for (const [i, op] of first.ops.entries()) {
      const its = other.ops[i];
      if (its?.kernel !== op.kernel || its.inputs.flat().join() !== op.inputs.flat().join())
        throw refused(op.layer, reason);
    }
    const more = other.ops[first.ops.length];
    if (more !== undefined) throw refused(more.layer, reason);
    for (const [i, value] of first.values.entries()) {
      const its = other.values[i];
      if (its?.from.kind !== value.from.kind || its.shape.length !== value.shape.length)
        throw refused(value.layer, reason);
    }
    if (other.outputs.join() !== first.outputs.join()) throw refused({ path: "", className: "" }, reason);
  }
}

/** A number as a function of the sizes, from its values in the first trace, in those of each axis and in those of all. */
function sizeOf(numbers: readonly number[], sizes: TraceSizes): Size {
  const [value, ...others] = numbers as [number, ...number[]];
  if (others.every((other) => Object.is(other, value))) return value;
  const factors = sizes.each.map((own, i) => (others[i]! - value) / (own[i]! - sizes.first[i]!));
  const at = (axes: readonly number[]): number => factors.reduce((sum, f, i) => sum + f * axes[i]!, 0);
  const linear: Linear = { constant: value - at(sizes.first), factors };
  const isLinear =
    [linear.constant, ...factors].every(Number.isInteger) &&
    sizes.all.every((own, i) => linear.constant + at(own) === others[sizes.each.length + i]);
  return isLinear ? { values: numbers, linear } : { values: numbers };
}

function origin(
  same: readonly TracedValue[],
  again: TracedValue,
  fit: (n: readonly number[]) => Size,
): Origin {
  const first = same[0]!.from;
  if (first.kind !== "made") {
    const isSame = first.kind !== "held" || same.every(({ from }) => isTensor(from, first.tensor));
    return isSame ? first : { kind: "refused", reason: "it holds a tensor for each size of its inputs" };
  }
  const values = [...same, again].map(({ from }) => (from as { values: tf.TypedArray }).values);
  const [its, ...others] = values as [tf.TypedArray, ...tf.TypedArray[]];
  if (!equal(its, others.at(-1)!)) return { kind: "refused", reason: CHANGES };
  if (others.every((other) => equal(other, its)) && same.every(({ shape }) => equal(shape, same[0]!.shape)))
    return first;
  if (values.every((array) => array.length > 0 && array.every((x) => Object.is(x, array[0]))))
    return filled(fit(values.slice(0, -1).map(([value]) => value!)));
  const shapes = same.map(({ shape }) => shape);
  const axis = shapes[0]!.findIndex((side, i) => shapes.some((shape) => shape[i] !== side));
  const arrays = values.slice(0, -1);
  if (arrays.every((array, trace) => isCounted(array) && array.length === shapes[trace]![axis]))
    return { kind: "counted", axis };
  const once = arrays.map((array, trace) => onceAlong(axis, array, shapes[trace] ?? []));
  if (once.every((slice) => slice !== undefined && equal(slice, once[0]!)))
    return { kind: "repeated", values: once[0]!, axis };
  return {
    kind: "refused",
    reason: "it makes a tensor in JavaScript that depends on the sizes of its inputs",
  };
}

function filled(value: Size): Origin {
  if (typeof value === "object" && value.linear === undefined)
    return { kind: "refused", reason: "it computes a number in JavaScript from the sizes of its inputs" };
  return { kind: "filled", value };
}

const isCounted = (values: tf.TypedArray): boolean => values.every((x, i) => x === i);

/** What is repeated along an axis; `undefined` if nothing is. */
function onceAlong(axis: number, values: tf.TypedArray, shape: readonly number[]): tf.TypedArray | undefined {
  const inner = shape.slice(axis + 1).reduce((product, side) => product * side, 1);
  const block = inner * (shape[axis] ?? 1);
  const once = values.filter((_, i) => i % block < inner);
  const isRepeated = values.every((x, i) => x === once[Math.floor(i / block) * inner + (i % inner)]);
  return axis >= 0 && isRepeated ? once : undefined;
}

const isTensor = (from: TracedValue["from"], { dataId }: tf.Tensor): boolean =>
  from.kind === "held" && from.tensor.dataId === dataId;

const equal = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.prototype.every.call(a, (value, i) => Object.is(value, b[i]));

const alike = (a: unknown, b: unknown): boolean => merge([a, b], ([x]) => x!) !== undefined && same(a, b);

function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return Object.is(a, b);
  const keys = Object.keys(a);
  return keys.every((key) => same(a[key as never], b[key as never]));
}

/** Attributes of several traces as one, numbers as sizes; `undefined` if they have other forms. */
function merge(several: readonly unknown[], fit: (numbers: readonly number[]) => Size): unknown {
  const [first] = several;
  if (several.every((one) => typeof one === "number")) return fit(several);
  if (several.every(isList)) {
    if (several.some(({ length }) => length !== several[0]!.length)) return undefined;
    const merged = Array.from(several[0]!, (_, i) =>
      merge(
        several.map((one) => one[i]),
        fit,
      ),
    );
    return merged.includes(undefined) ? undefined : merged;
  }
  if (several.every((one) => typeof one === "object" && one !== null)) {
    const entries = Object.keys(first as object)
      .filter((key) => several.some((one) => one[key as never] !== undefined))
      .map(
        (key) =>
          [
            key,
            merge(
              several.map((one) => one[key as never]),
              fit,
            ),
          ] as const,
      );
    return entries.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(entries);
  }
  return several.every((one) => Object.is(one, first)) ? (first ?? null) : undefined;
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || ArrayBuffer.isView(value);
