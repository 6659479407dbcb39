import { createHash } from "node:crypto";
import type { SampleStore } from "image-source";
import type { FlowerData } from "../data/open-data.ts";
import { UsageError } from "../process/usage-error.ts";
import type { DataIdentity } from "../ranks/messages.ts";
import { dataRecord } from "../runs/data-record.ts";

export function dataIdentity(data: FlowerData): DataIdentity {
  const hash = createHash("sha256");
  for (const store of [data.train, data.validation]) {
    for (let i = 0; i < store.size; i++) hash.update(pictureOf(store, i));
  }
  return { record: dataRecord(data), bytes: hash.digest("hex") };
}

function pictureOf({ bytes, spans }: SampleStore, index: number): Uint8Array {
  const [start, end] = [spans[2 * index]!, spans[2 * index + 1]!];
  return new Uint8Array(bytes, start, end - start);
}

/** @throws UsageError naming what differs, if this rank's data are not those of rank 0. */
export function requireSameData(own: DataIdentity, rank0: DataIdentity): void {
  const differing = Object.keys({ ...own.record, ...rank0.record }).find(
    (name) => JSON.stringify(own.record[name]) !== JSON.stringify(rank0.record[name]),
  );
  const expected = "expected the pictures that rank 0 has, got";
  const [classes, classesThere] = [own, rank0].map(({ record }) => [record.classNames].flat().join(", "));
  if (differing === "classNames")
    throw new UsageError(`expected the classes that rank 0 has (${classesThere}), got ${classes}`);
  if (differing === "labelsFile") throw new UsageError(`expected rank 0's labels file, got another`);
  if (differing !== undefined)
    throw new UsageError(`${expected} others: pictures were added, removed or renamed`);
  if (own.bytes !== rank0.bytes) throw new UsageError(`${expected} others of the same names`);
}
