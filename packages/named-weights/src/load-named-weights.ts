import * as tf from "@tensorflow/tfjs-core";
import { having, requireArguments } from "known-options";
import {
  type ByteSource,
  blobSource,
  bytesSource,
  elements,
  notFinite,
  openSafetensors,
  quoted,
} from "safetensors-io";
import type { Differences } from "./differences.ts";
import type { NamedTensors } from "./formats/named-tensors.ts";
import { fromLayout, type Layout, toLayout } from "./layout.ts";
import type { ModelWeights } from "./model-weights.ts";
import type { Naming } from "./naming.ts";
import { type Load, planWeights } from "./plan-weights.ts";
import { wrapperPrefix } from "./wrapper-prefix.ts";

/** A weights file: safetensors as bytes, a `Blob` or a source of `safetensors-io`, or an open file of any format. */
export type WeightsSource = Uint8Array | Blob | ByteSource | NamedTensors;

/** A model's weights and their names in files. */
export interface NamedWeights<Names extends string, Difference extends string> {
  /** Function that error messages begin with. */
  readonly caller: string;
  /** Weights to load, from `modelWeights`; others stay as they are. */
  readonly weights: ModelWeights;
  /** Returns the naming of a file, whose wrapper prefixes are removed. @throws RangeError for an unknown one. */
  namingOf(tensors: NamedTensors["tensors"]): Naming<Names>;
  /** Differences to accept. Default: none. */
  readonly differences?: Differences<Difference>;
}

const FAMILY = having(
  "{ caller, weights, namingOf }",
  (it) => typeof it.caller === "string" && it.weights instanceof Map && typeof it.namingOf === "function",
);

/** Report on a loaded file: the model's weights by key, the file's tensors by name. */
export interface WeightsReport<Names extends string = string> {
  /** Library that the file's names come from. */
  readonly names: Names;
  /** Part of the file that was taken, such as `model_ema` of a training checkpoint; absent if it is the whole file. */
  readonly part?: string;
  /** Weights that came from the file. */
  readonly used: readonly string[];
  /** Used weights that were interpolated. */
  readonly interpolated: readonly string[];
  /** Weights that did not change; `pos_embed[0, 1]` is a row of one. */
  readonly kept: readonly string[];
  /** Tensors of the file that were not used, such as an optimizer's. */
  readonly skipped: readonly string[];
}

/**
 * Loads a weights file into a model, all or none: a file that does not fit or is damaged changes nothing.
 *
 * Names and shapes are compared before any tensor is read. Tensors are read in the file's order, in one pass over a stream
 * or a compressed file. An open file is closed at the end.
 *
 * @throws TypeError if an argument has the wrong type. RangeError that names the first tensors that do not fit (expected and
 * found shape), are missing or unexpected, or contain NaN or infinities; or if the file is damaged.
 *
 * @example
 * import { safetensorsBytes } from "safetensors-io";
 *
 * const weights = modelWeights("loadWeights", model, (name) => name);
 * const naming: Naming = { names: "own", layout: "tensorflow", placeOf: (key) => ({ key }), namesOf: (key) => [key] };
 * const blob = new Blob([await safetensorsBytes(tensorsToWrite(weights, naming))]);
 * const report = await loadNamedWeights(blob, { caller: "loadWeights", weights, namingOf: () => naming });
 * console.log(report.used.length); // 2
 */
export async function loadNamedWeights<Names extends string, Difference extends string>(
  source: WeightsSource,
  family: NamedWeights<Names, Difference>,
): Promise<WeightsReport<Names>> {
  requireArguments("loadNamedWeights", { family }, { family: FAMILY });
  const { caller, weights, namingOf, differences } = family;
  const file = await opened(caller, source);
  const refuse = (problem: string) =>
    new RangeError(`${caller}: ${file.name} is not for this model, nothing was loaded. ${problem}`);
  try {
    const naming = namingOfFile(file, namingOf, refuse);
    const { loads, kept, skipped, problems } = planWeights(file, weights, naming, differences);
    if (problems.length > 0) throw refuse(problems.join("; "));
    await write(loads, await readTensors(caller, file, loads), naming.layout);
    const interpolated = loads.filter(({ change }) => change?.interpolates).map(({ key }) => key);
    const part = file.part === undefined ? {} : { part: file.part };
    return { names: naming.names, ...part, used: loads.map(({ key }) => key), interpolated, kept, skipped };
  } finally {
    await file.close?.();
  }
}

async function opened(caller: string, source: WeightsSource): Promise<NamedTensors> {
  if (source instanceof Uint8Array) return openSafetensors(bytesSource(source));
  if (source instanceof Blob) return openSafetensors(blobSource(source));
  if (typeof source?.read !== "function") {
    const expected = "a Uint8Array, a Blob, a source of safetensors-io or an open weights file";
    throw new TypeError(`${caller}: source must be ${expected}, got ${typeof source}`);
  }
  return "tensors" in source ? source : openSafetensors(source);
}

/** Returns the naming of a file, with the training wrappers' prefix removed from its names. */
function namingOfFile<Names extends string>(
  { tensors }: NamedTensors,
  namingOf: NamedWeights<Names, string>["namingOf"],
  refuse: (problem: string) => Error,
): Naming<Names> {
  const { length } = wrapperPrefix(tensors.keys());
  try {
    const naming = namingOf(new Map([...tensors].map(([name, tensor]) => [name.slice(length), tensor])));
    return { ...naming, placeOf: (name) => naming.placeOf(name.slice(length)) };
  } catch (cause) {
    throw refuse((cause as Error).message);
  }
}

/** Reads tensors in the file's order. @throws RangeError for the first with NaN, infinities or a size unlike its shape. */
async function readTensors(
  caller: string,
  file: NamedTensors,
  loads: readonly Load[],
): Promise<Map<string, Float32Array>> {
  const wanted = new Set(loads.flatMap(({ tensors }) => tensors));
  const read = new Map<string, Float32Array>();
  for (const [name, { shape }] of file.tensors) {
    if (!wanted.has(name)) continue;
    const stored = await file.read(name);
    const values = stored instanceof Float32Array ? stored : Float32Array.from(stored);
    const size = elements(shape);
    const wrong = notFinite(values) ?? (values.length === size ? undefined : `${values.length} numbers`);
    if (wrong !== undefined) {
      throw new RangeError(
        `${caller}: ${file.name}: nothing was loaded: tensor ${quoted(name)} has ${wrong}`,
      );
    }
    read.set(name, values);
  }
  return read;
}

/** Writes all weights, after everything that can fail. */
async function write(
  loads: readonly Load[],
  read: ReadonlyMap<string, Float32Array>,
  layout: Layout,
): Promise<void> {
  const values: Float32Array[] = [];
  const valuesOf = (tensors: readonly string[]) => joined(tensors.map((name) => read.get(name)!));
  for (const { variable, tensors, others, change } of loads) {
    const stored = valuesOf(tensors);
    if (!change?.convert) values.push(stored);
    else {
      const own = (await variable.read().data()) as Float32Array;
      const beside = new Map([...others].map(([key, names]) => [key, valuesOf(names)]));
      values.push(change.convert(stored, toLayout(layout, variable.shape as number[], own), beside));
    }
  }
  for (const [i, { variable }] of loads.entries()) {
    const shape = variable.shape as number[];
    const value = tf.tensor(fromLayout(layout, shape, values[i]!), shape);
    variable.write(value);
    value.dispose(); // the variable holds its data now
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
