import { listed } from "safetensors-io";
import type { Change, Differences } from "./differences.ts";
import type { NamedTensors } from "./formats/named-tensors.ts";
import { shapeIn } from "./layout.ts";
import type { ModelWeight } from "./model-weights.ts";
import type { Naming } from "./naming.ts";

/** One weight to be loaded. */
export interface Load {
  readonly weight: ModelWeight;
  /** Tensors of the file, to be joined along their first axis. */
  readonly tensors: readonly string[];
  readonly change: Change<string> | undefined;
}

/** What is loaded if everything fits, and what is wrong if not. */
export interface Plan {
  readonly loads: readonly Load[];
  readonly kept: readonly string[];
  readonly skipped: readonly string[];
  /** Empty if the file fits. */
  readonly problems: readonly string[];
}

/** Names that are given of each kind of problem. */
const NAMED = 5;
const FLOATS = ["F32", "F16", "BF16"];
const NONE: Differences<never> = {
  accepted: [],
  optionFor: () => "",
  missing: () => undefined,
  unexpected: () => undefined,
  changed: () => undefined,
};

/** Compares the names and shapes of a file with a model's weights; reads no tensor. */
export function planWeights<Difference extends string>(
  file: NamedTensors,
  weights: ReadonlyMap<string, ModelWeight>,
  naming: Naming,
  differences: Differences<Difference> = NONE,
): Plan {
  const { stored, outside, twice } = storedByKey(file, naming);
  const loads: Load[] = [];
  const kept: string[] = [];
  const mismatched: string[] = [];
  const missing: string[] = [];
  const used = new Set<string>();
  const refused = new Set<Difference>();
  /** Whether the caller accepts them all; those that it does not are remembered for the message. */
  const accepts = (...needed: readonly (Difference | undefined)[]): boolean => {
    const others = needed.filter((one) => one === undefined || !differences.accepted.includes(one));
    for (const one of others) if (one !== undefined) refused.add(one);
    return others.length === 0;
  };

  for (const weight of weights.values()) {
    const { key } = weight;
    const parts = stored.get(key);
    if (parts === undefined) {
      if (accepts(differences.missing(key))) kept.push(key);
      else missing.push(...naming.namesOf(key));
      continue;
    }
    const { problems, expected, found } = compare(file, naming, weight, parts);
    const change =
      found &&
      differences.changed({
        ...{ key, expected, found, names: naming.names, metadata: file.metadata ?? new Map() },
        has: (other) => stored.has(other),
      });
    if (!(change ? accepts(...(change.needs ?? [undefined])) : problems.length === 0)) {
      mismatched.push(
        ...(change?.problem !== undefined && problems.length === 0 ? [change.problem] : problems),
      );
    } else if (change && !change.convert) {
      kept.push(key);
    } else {
      const tensors = parts as string[]; // without problems all of them are there
      for (const name of tensors) used.add(name);
      loads.push({ weight, tensors, change });
      kept.push(...(change?.keeps ?? []));
    }
  }

  const skipped = [...outside];
  const unexpected: string[] = [];
  for (const [key, parts] of stored) {
    for (const name of parts) {
      if (name === undefined || used.has(name)) continue;
      if (weights.has(key) || accepts(differences.unexpected(key))) skipped.push(name);
      else unexpected.push(name);
    }
  }
  const problems = Object.entries({
    "two tensors for one place": twice,
    ...{ mismatched, missing, unexpected },
  }).flatMap(([kind, items]) => summary(kind, items));
  if (problems.length > 0 && refused.size > 0) {
    problems.push(`some of it is accepted with ${differences.optionFor([...refused])}`);
  }
  return { loads, kept, skipped, problems };
}

function summary(kind: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const rest = items.length > NAMED ? ` and ${items.length - NAMED} more` : "";
  return [`${kind}: ${items.slice(0, NAMED).join(", ")}${rest}`];
}

/** The tensor of a weight, or one for each of its parts; `undefined` where the file lacks it. */
type Parts = (string | undefined)[];

function storedByKey({ tensors }: NamedTensors, { parts: names = [], placeOf }: Naming) {
  const stored = new Map<string, Parts>();
  const outside: string[] = [];
  const twice: string[] = [];
  for (const name of tensors.keys()) {
    const place = placeOf(name);
    if (place === undefined) {
      outside.push(name);
      continue;
    }
    const [size, at] = place.part === undefined ? [1, 0] : [names.length, names.indexOf(place.part)];
    const parts = stored.get(place.key) ?? Array<undefined>(size).fill(undefined);
    if (parts.length !== size || parts[at] !== undefined) twice.push(name);
    else parts[at] = name;
    stored.set(place.key, parts);
  }
  return { stored, outside, twice };
}

interface Compared {
  readonly problems: readonly string[];
  /** The shape of each part in the file's layout. */
  readonly expected: readonly number[];
  /** The first part's; `undefined` unless all parts are there and float. */
  readonly found: readonly number[] | undefined;
}

function compare(
  file: NamedTensors,
  { layout, parts: names }: Naming,
  weight: ModelWeight,
  parts: Parts,
): Compared {
  const whole = shapeIn(layout, weight.variable.shape as number[]);
  const part = parts.length === 1 ? whole : [whole[0]! / parts.length, ...whole.slice(1)];
  const problems: string[] = [];
  const shapes: (readonly number[])[] = [];
  let expected = part;
  for (const [i, name] of parts.entries()) {
    const { shape, dtype = "F32" } = (name === undefined ? undefined : file.tensors.get(name)) ?? {};
    if (shape === undefined) problems.push(`${weight.key}: ${names?.[i]} is missing`);
    else if (!FLOATS.includes(dtype)) problems.push(`${name}: expected F32, F16 or BF16, found ${dtype}`);
    else {
      shapes.push(shape);
      if (part.length === 2 && shape.length === 4) expected = asConvolution(part, layout);
      if (shape.join() !== expected.join())
        problems.push(`${name}: expected ${listed(expected)}, found ${listed(shape)}`);
    }
  }
  return { problems, expected, found: shapes.length === parts.length ? shapes[0] : undefined };
}

/** A matrix as the 1×1 convolution that it is in some files. */
function asConvolution(shape: readonly number[], layout: Naming["layout"]): readonly number[] {
  return layout === "torch" ? [...shape, 1, 1] : [1, 1, ...shape];
}
