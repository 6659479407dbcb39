import { createHash } from "node:crypto";
import type { Layer, Subject } from "./format.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";

/** Outcomes that are right, then those that are faults. */
export const RIGHT = ["same", "refused", "other"] as const;
export const FAULTS = ["silent", "raw", "changed", "memory", "crash", "hang"] as const;

/**
 * `same`: read as the original. `refused`: by an Error of ours that names the file. `other`: no checksum covers what was
 * changed, and it is read as what it now says. `silent`: a checksum does, and it is read as something else. `raw`: an error
 * that is not ours or names nothing. `changed`: refused, but weights or the number of tensors are not as before. `memory`:
 * more than {@link MEMORY_LIMIT}. `crash`: the process ended. `hang`: no answer in time, or never one.
 */
export type Outcome = (typeof RIGHT)[number] | (typeof FAULTS)[number];

/** Outcome of an input. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly layer: string;
  readonly detail: string;
}

/** Bytes that the process may grow by for one input. */
const MEMORY_LIMIT = 512 * 2 ** 20;
/** Characters of an error. */
const LONGEST_ERROR = 2000;
const RAW =
  /Cannot (read propert|destructure|convert|mix|set|access)|is not (a function|iterable|defined|an object)|undefined \(|of undefined|Invalid typed array|Invalid array length|Maximum call stack|out of memory|RangeError: offset|is out of range|value of "|Invalid string length|Set maximum|Map maximum/;

/** The file that an input is. */
export async function inputOf(
  subject: Subject,
  seed: number,
  format: string,
  input: number,
): Promise<{ layer: Layer; file: Uint8Array }> {
  const random = new Random(seed, format, input);
  const layer = random.pick(subject.layers);
  const donor = random.pick(subject.layers);
  return { layer, file: await layer.wrap(mutate(layer.bytes, random, donor.bytes)) };
}

/** Judges what a subject says of files. @param originals - What it says of each layer, unchanged. */
export async function judge(
  subject: Subject,
  originals: ReadonlySet<string>,
  { layer, file }: { layer: Layer; file: Uint8Array },
): Promise<Verdict> {
  const verdict = (outcome: Outcome, detail = ""): Verdict => ({ outcome, layer: layer.name, detail });
  subject.reset?.();
  const before = subject.state?.();
  const memory = process.resourceUsage().maxRSS;
  let read: string | undefined;
  let refusal: unknown;
  try {
    read = await subject.read(file, layer);
  } catch (error) {
    refusal = error;
  }
  const grown = 1024 * (process.resourceUsage().maxRSS - memory);
  if (grown > MEMORY_LIMIT)
    return verdict("memory", `${Math.round(grown / 2 ** 20)} MB for ${file.length} bytes`);
  if (read !== undefined) {
    if (originals.has(read)) return verdict("same");
    return layer.isGuarded ? verdict("silent", read.slice(0, 300)) : verdict("other");
  }
  const after = subject.state?.();
  if (before !== after) return verdict("changed", `${before} → ${after}: ${stackOf(refusal)}`);
  return isOurs(refusal, subject.named) ? verdict("refused") : verdict("raw", stackOf(refusal));
}

function isOurs(error: unknown, named: RegExp): boolean {
  if (!(error instanceof Error)) return false;
  const text = String(error);
  return named.test(text) && !RAW.test(text) && text.length <= LONGEST_ERROR;
}

function stackOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  return text.slice(0, 700);
}

/** A short name of bytes or numbers. */
export function digest(...parts: readonly (string | NodeJS.ArrayBufferView)[]): string {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 12);
}
