import type * as tf from "@tensorflow/tfjs-core";
import { firstNonFinite } from "known-options";
import type { HostTensor } from "./tensor-file.ts";

/** Returns the index of a weight from its stored name: `3` for `0003/dense/kernel`. */
export function placeOf(name: string): number | undefined {
  const digits = /^(\d{4,})\//.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * Rejects weights that do not fit a model in number, order, shape or type, or are not finite.
 *
 * @param stored - Weights named `<index>/<name>`.
 * @throws RangeError that names the weight.
 */
export function requireStoredWeights(
  caller: string,
  variables: readonly tf.Variable[],
  stored: readonly HostTensor[],
): void {
  if (stored.length !== variables.length) {
    throw new RangeError(`${caller}: expected ${variables.length} weights, got ${stored.length}`);
  }
  stored.forEach((one, i) => {
    if (placeOf(one.name) !== i) {
      throw new RangeError(
        `${caller}: weight ${i} must be named '${placeName(i)}/…', got '${cut(one.name)}'`,
      );
    }
    requireFloats(caller, `weight ${i}`, one, variables[i]!.shape);
  });
}

/**
 * Rejects an optimizer's state that does not fit these variables: no step count, moments of other shapes, types or
 * variables, numbers that are not finite, or moments of some variables only.
 *
 * @param stored - `iter`, then the optimizer's own numbers, then moments `<index>/<variable>/<moment>`.
 * @throws RangeError that names the tensor.
 */
export function requireStoredOptimizer(
  caller: string,
  variables: readonly tf.Variable[],
  stored: readonly HostTensor[],
): void {
  const [first] = stored;
  const count = first?.name === "iter" && first.data instanceof Int32Array ? first.data : [];
  if (count.length !== 1 || count[0]! < 0) {
    throw new RangeError(
      `${caller}: the optimizer's first tensor must be 'iter', one int32 >= 0, got ${first === undefined ? "none" : `'${cut(first.name)}' of ${[...first.data.slice(0, 2)]}`}`,
    );
  }
  const places = new Map<string, number[]>();
  for (const one of stored) {
    const place = placeOf(one.name);
    if (place === undefined) continue; // the optimizer's own, checked by the optimizer
    const variable = variables[place];
    if (variable === undefined) {
      throw new RangeError(
        `${caller}: '${cut(one.name)}' must be of one of ${variables.length} weights, got number ${place}`,
      );
    }
    requireFloats(caller, `'${cut(one.name)}'`, one, variable.shape);
    const moment = one.name.slice(one.name.lastIndexOf("/") + 1);
    places.set(moment, [...(places.get(moment) ?? []), place]);
  }
  const lists = [...places].map(([moment, of]) => `'${cut(moment)}' of ${of}`);
  const [one] = places.values();
  const other = [...places.values()].findIndex((of) => String(of) !== String(one));
  if (other >= 0 || new Set(one).size !== (one?.length ?? 0)) {
    throw new RangeError(
      `${caller}: the optimizer's moments must be of the same weights, each once, got ${cut(lists[0]!)} and ${cut(lists[Math.max(0, other)]!)}`,
    );
  }
}

function requireFloats(
  caller: string,
  what: string,
  { shape, data }: HostTensor,
  expected: readonly number[],
): void {
  if (String(shape) !== String(expected)) {
    throw new RangeError(`${caller}: ${what} must have the shape [${expected}], got [${shape}]`);
  }
  if (!(data instanceof Float32Array)) throw new RangeError(`${caller}: ${what} must be float32, got int32`);
  const bad = firstNonFinite(data);
  if (bad >= 0) {
    throw new RangeError(`${caller}: ${what} must hold finite numbers, got ${data[bad]} at number ${bad}`);
  }
}

function placeName(index: number): string {
  return String(index).padStart(4, "0");
}

function cut(text: string): string {
  return text.slice(0, 60);
}
