import type * as tfl from "@tensorflow/tfjs-layers";
import { listed } from "safetensors-io";
import type { Change, Differences } from "./differences.ts";
import type { NamedTensors } from "./formats/named-tensors.ts";
import { type Layout, shapeIn } from "./layout.ts";
import type { ModelWeights } from "./model-weights.ts";
import type { Naming } from "./naming.ts";
import { wrapperPrefix } from "./wrapper-prefix.ts";

/** A weight to load. */
export interface Load {
  readonly key: string;
  readonly variable: tfl.LayerVariable;
  /** Tensors of the file to join along the first axis. */
  readonly tensors: readonly string[];
  /** Those of the other weights that the change reads, by key. */
  readonly others: ReadonlyMap<string, readonly string[]>;
  readonly change: Change<string> | undefined;
}

/** Weights to load if the file fits, and its problems if not. */
export interface Plan {
  readonly loads: readonly Load[];
  readonly kept: readonly string[];
  readonly skipped: readonly string[];
  /** Empty if the file fits. */
  readonly problems: readonly string[];
}

/** Most names to list for each kind of problem. */
const NAMED = 5;
const FLOATS = ["F32", "F16", "BF16", "F64"];

/** Compares the names and shapes of a file with a model's weights, without reading tensors. */
export function planWeights<Difference extends string>(
  file: NamedTensors,
  weights: ModelWeights,
  naming: Naming,
  differences: Differences<Difference> | undefined,
): Plan {
  const prefix = wrapperPrefix(file.tensors.keys());
  const { stored, outside, twice } = storedByKey(file, naming);
  const loads: Load[] = [];
  const kept: string[] = [];
  const mismatched: string[] = [];
  const missing: string[] = [];
  const refused = new Set<Difference>();
  /** Whether the caller accepts all of them; others are collected for the message. */
  const accepts = (...needed: readonly (Difference | undefined)[]): boolean => {
    const others = needed.filter((one) => one === undefined || !differences?.accepted.includes(one));
    for (const one of others) if (one !== undefined) refused.add(one);
    return others.length === 0;
  };

  for (const [key, variable] of weights) {
    const parts = stored.get(key);
    if (parts === undefined) {
      if (accepts(differences?.missing(key))) kept.push(key);
      else missing.push(...naming.namesOf(key));
      continue;
    }
    const { problems, expected, found } = compare(file, naming, key, variable.shape as number[], parts);
    const { names } = naming;
    const has = (other: string) => stored.has(other);
    const tensorsOf = (other: string) =>
      (stored.get(other) ?? []).flatMap((name) => (name === undefined ? [] : [name.slice(prefix.length)]));
    const metadata = file.metadata ?? new Map<string, string>();
    const comparison = found && { key, expected, found, names, metadata, has, tensorsOf };
    const change = comparison && differences?.changed(comparison);
    if (!(change ? accepts(...(change.needs ?? [undefined])) : problems.length === 0)) {
      const described = change?.problem && (problems.length === 0 || change.needs === undefined);
      mismatched.push(...(described ? [...problems, change.problem!] : problems));
    } else if (change && !change.convert) {
      kept.push(key);
    } else {
      const others = new Map(change?.reads?.map((other) => [other, stored.get(other) as string[]]));
      loads.push({ key, variable, tensors: parts as string[], others, change }); // without problems none is missing
      kept.push(...(change?.keeps ?? []));
    }
  }

  const used = new Set(loads.flatMap(({ tensors }) => tensors));
  const skipped = [...outside];
  const unexpected: string[] = [];
  for (const [key, parts] of stored) {
    for (const name of parts) {
      if (name === undefined || used.has(name)) continue;
      if (weights.has(key) || accepts(differences?.unexpected(key))) skipped.push(name);
      else unexpected.push(name);
    }
  }
  const problems = [
    ...summary("two tensors for one place", twice),
    ...summary("mismatched", mismatched),
    ...summary("missing", missing),
    ...summary("unexpected", unexpected),
  ];
  if (problems.length > 0 && refused.size > 0) {
    problems.push(`some of it is accepted with ${differences?.optionFor([...refused])}`);
  }
  return { loads, kept, skipped, problems };
}

function summary(kind: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const rest = items.length > NAMED ? ` and ${items.length - NAMED} more` : "";
  return [`${kind}: ${items.slice(0, NAMED).join(", ")}${rest}`];
}

/** Tensor of a weight, or one for each of its parts; `undefined` if the file lacks it. */
type Parts = (string | undefined)[];

function storedByKey({ tensors }: NamedTensors, naming: Naming) {
  const stored = new Map<string, Parts>();
  const outside: string[] = [];
  const twice: string[] = [];
  for (const name of tensors.keys()) {
    const place = naming.placeOf(name);
    if (place === undefined) {
      outside.push(name);
      continue;
    }
    const names = partsOf(naming, place.key);
    const [size, at] = place.part === undefined ? [1, 0] : [names.length, names.indexOf(place.part)];
    const parts = stored.get(place.key) ?? Array<undefined>(size).fill(undefined);
    if (parts.length !== size || parts[at] !== undefined) twice.push(name);
    else parts[at] = name;
    stored.set(place.key, parts);
  }
  return { stored, outside, twice };
}

function partsOf({ parts = [] }: Naming, key: string): readonly string[] {
  return typeof parts === "function" ? parts(key) : parts;
}

/** Returns the problems of a weight's tensors and the shapes to compare; `found` only if all parts exist, float and of one shape. */
function compare(file: NamedTensors, naming: Naming, key: string, shape: readonly number[], parts: Parts) {
  const { layout } = naming;
  const names = partsOf(naming, key);
  const whole = shapeIn(layout, shape);
  let expected = parts.length === 1 ? whole : [whole[0]! / parts.length, ...whole.slice(1)];
  const problems: string[] = [];
  const shapes: (readonly number[])[] = [];
  for (const [i, name] of parts.entries()) {
    const { shape: found, dtype = "F32" } = (name === undefined ? undefined : file.tensors.get(name)) ?? {};
    if (found === undefined) problems.push(`${key}: ${names[i]} is missing`);
    else if (!FLOATS.includes(dtype))
      problems.push(`${name}: expected F32, F16, BF16 or F64, found ${dtype}`);
    else {
      shapes.push(found);
      if (expected.length === 2 && found.length === 4) expected = asConvolution(expected, layout);
      if (found.join() !== expected.join())
        problems.push(`${name}: expected ${listed(expected)}, found ${listed(found)}`);
    }
  }
  const isOne = shapes.length === parts.length && new Set(shapes.map((one) => one.join())).size === 1;
  return { problems, expected, found: isOne ? shapes[0] : undefined };
}

/** Returns a matrix's shape as a 1×1 convolution, its form in some files. */
function asConvolution(shape: readonly number[], layout: Layout): readonly number[] {
  return layout === "torch" ? [...shape, 1, 1] : [1, 1, ...shape];
}
