import { Notes, type TreeNote } from "../../folders/notes.ts";
import type { Seen } from "../../folders/seen.ts";
import { isPicture } from "../../formats/picture-format.ts";
import { SampleStore } from "../../sample-store.ts";
import type { ClassFile } from "./class-folders.ts";
import { followLinks } from "./follow-links.ts";
import type { TreeEntry, TreeSource } from "./tree.ts";

/** Bytes of a tar archive's header. */
const ENTRY_BYTES = 512;
/** How much larger than its file an archive may be unpacked, beyond {@link ALWAYS_BYTES}: pictures are compressed already. */
const MOST_TIMES = 20;
const ALWAYS_BYTES = 256 * 2 ** 20;

/** Bounds of {@link readTree}. */
export interface TreeLimits {
  /** Most bytes of all pictures. */
  readonly maxBytes: number;
  /** Most bytes of one picture. */
  readonly maxFileBytes: number;
}

/** Pictures to read, and the names of their classes. */
export interface Found {
  readonly classNames: readonly string[];
  readonly files: readonly ClassFile[];
  /** 0 or 1 for each picture and class, row by row, where pictures have several labels. */
  readonly multiHot?: Uint8Array;
}

/** Reads a file of a source that is not a picture. */
export type ReadSeen = (one: Seen) => Promise<Uint8Array>;

/** Finds the pictures to read among the files of a source. */
export type FindPictures = (
  path: string,
  seen: readonly Seen[],
  notes: Notes,
  read: ReadSeen,
) => Found | Promise<Found>;

/** Reads pictures of a source; nothing is allocated before it is known to be within the limits. */
export async function readTree(
  source: TreeSource,
  limits: TreeLimits,
  { find, upright }: { readonly find: FindPictures; readonly upright: boolean },
  onNote: ((note: TreeNote) => void) | undefined,
): Promise<SampleStore> {
  const notes = new Notes();
  const entries: TreeEntry[] = [];
  const within = limiter(source, limits);
  await source.list((entry) => {
    within(entry);
    entries.push(entry);
  });
  const read = (one: Seen): Promise<Uint8Array> => readOne(source, limits, one);
  const { classNames, files, multiHot } = await find(
    source.path,
    followLinks(source.path, entries, notes),
    notes,
    read,
  );

  const spanOf = new Map<string, readonly [number, number]>();
  let total = 0;
  for (const { source: at, size } of files) {
    if (spanOf.has(at)) continue; // linked to: one picture in two places
    spanOf.set(at, [total, total + size]);
    total += size;
  }
  const bytes = new SharedArrayBuffer(total);
  await source.read(
    new Map(Array.from(spanOf, ([at, [start, end]]) => [at, new Uint8Array(bytes, start, end - start)])),
  );
  for (const note of notes.all()) onNote?.(note);
  return new SampleStore({
    classNames,
    keys: files.map(({ key }) => key),
    labels: Int32Array.from(files, ({ label }) => label),
    ...(multiHot && { multiHot }),
    bytes,
    spans: Float64Array.from(files.flatMap(({ source: at }) => spanOf.get(at)!)),
    encoding: { kind: "file", ...(upright && { upright }) },
  });
}

async function readOne(
  source: TreeSource,
  { maxFileBytes }: TreeLimits,
  { path, file }: Seen,
): Promise<Uint8Array> {
  if (file!.size > maxFileBytes) {
    throw new Error(`${source.path}: '${path}': expected at most ${maxFileBytes} bytes, got ${file!.size}`);
  }
  const bytes = new Uint8Array(file!.size);
  await source.read(new Map([[file!.source, bytes]]));
  return bytes;
}

function limiter({ path, packedBytes }: TreeSource, { maxBytes, maxFileBytes }: TreeLimits) {
  const most = packedBytes === undefined ? Infinity : Math.max(ALWAYS_BYTES, MOST_TIMES * packedBytes);
  let [pictures, unpacked] = [0, 0];
  return (entry: TreeEntry): void => {
    const size = entry.type === "file" ? entry.size : 0;
    unpacked += ENTRY_BYTES + size;
    if (unpacked > most) {
      throw new Error(`${path}: expected at most ${most} bytes unpacked from ${packedBytes}, got more`);
    }
    if (entry.type !== "file" || !isPicture(entry.path)) return;
    pictures += size;
    if (size > maxFileBytes) {
      throw new Error(`${path}: '${entry.path}': expected at most ${maxFileBytes} bytes, got ${size}`);
    }
    if (pictures > maxBytes) {
      throw new Error(`${path}: expected at most ${maxBytes} bytes of pictures, got more`);
    }
  };
}
