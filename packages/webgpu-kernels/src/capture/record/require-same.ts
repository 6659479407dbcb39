import type { Operation, Storage } from "../memory/storage.ts";
import type { Recording } from "./recording.ts";

/**
 * Compares two recordings of a step: what differs changes from step to step, and would be stale in all runs.
 *
 * @throws Error that names the first difference.
 */
export function requireSame(one: Recording, two: Recording): void {
  const [first, second] = [new Numbering(), new Numbering()];
  for (const [i, a] of one.operations.entries()) {
    const b = two.operations[i];
    const place = `operation ${i + 1}, ${a.name},`;
    if (b === undefined) throw refusal(`${place} was missing`);
    if (a.pipeline !== b.pipeline || String(a.grid) !== String(b.grid))
      throw refusal(`${place} was ${b.name} of another shape`);
    if (String(fixedUniforms(a)) !== String(fixedUniforms(b)))
      throw refusal(`${place} had other numbers of the host`);
    a.storages.forEach((storage, k) => {
      const other = b.storages[k]!;
      const isSame = storage.dataId === other.dataId && first.of(storage) === second.of(other);
      if (storage.kind !== other.kind || !isSame) throw refusal(`${place} read or wrote another tensor`);
      if (storage.bytes !== other.bytes || !isSameConstant(storage.values, other.values))
        throw refusal(`${place} had another constant of the host`);
    });
  }
  if (two.operations.length > one.operations.length) {
    const { name } = two.operations[one.operations.length]!;
    throw refusal(`there was one operation more, ${name}`);
  }
}

function refusal(what: string): Error {
  return new Error(
    `captureStep: the step was not the same when it was recorded again: ${what}; what changes from step to step must be an input`,
  );
}

function isSameConstant(one: Storage["values"], two: Storage["values"]): boolean {
  return one === undefined || one.every((value, i) => Object.is(value, two?.[i]));
}

/** Numbers storages in the order in which they come. */
class Numbering {
  readonly #numbers = new Map<Storage, number>();

  of(storage: Storage): number {
    const number = this.#numbers.get(storage) ?? this.#numbers.size;
    this.#numbers.set(storage, number);
    return number;
  }
}

function fixedUniforms({ uniforms, live }: Operation): Uint8Array {
  const bytes = Uint8Array.from(uniforms);
  for (const { offset } of live) bytes.fill(0, offset, offset + 4);
  return bytes;
}
