import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname, posix, relative, resolve, sep } from "node:path";
import type { Folder } from "../../folders/folders.ts";
import type { Seen } from "../../folders/seen.ts";
import type { ReadSeen } from "../tree/read-tree.ts";
import { type LabelsTable, NotLabelsError, readTable, TABLE_NAMES } from "./labels-table.ts";

/** A labels file that was read. */
export interface LabelsFile {
  /** As given, or its path in the data. */
  readonly path: string;
  /** SHA-256 of its bytes, in hexadecimal. */
  readonly sha256: string;
}

/** A labels file with its rows, and what these mean. */
export interface PlacedTable extends LabelsFile {
  readonly table: LabelsTable;
  /** Its path in the data, if it is there. */
  readonly place: string;
  /** Paths in the data that a row's may mean; the first one that is a picture does. */
  readonly placesOf: (path: string, chain: readonly Folder[]) => readonly string[];
}

/**
 * A labels file of any place. Paths are as seen from it, else from the folders of the data.
 *
 * @param data - Path of the data.
 * @throws Error naming it if it cannot be read. LabelsFileError naming the line.
 */
export async function givenTable(path: string, data: string): Promise<PlacedTable> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const got = cause.code === "ENOENT" ? "no such file" : cause.message;
    throw new Error(`${path}: expected a labels file, got ${got}`, { cause });
  });
  const inData = (file: string): string => relative(data, file).split(sep).join("/");
  const placesOf: PlacedTable["placesOf"] = (row, chain) => [
    inData(resolve(dirname(path), row)),
    ...chain.flatMap((folder) => placesIn(folder, row)),
  ];
  return { path, sha256: sha256(bytes), table: readTable(path, bytes), place: inData(path), placesOf };
}

/**
 * The labels file of a folder, recognized by its name, if there is one.
 *
 * @returns `undefined` also for a file without columns of paths and labels beside folders: it is for something else.
 * @throws LabelsFileError naming file and line.
 */
export async function tableOf(folder: Folder, read: ReadSeen): Promise<PlacedTable | undefined> {
  const file = tableIn(folder);
  if (file === undefined) return undefined;
  const { path } = file;
  const bytes = await read(file);
  try {
    const table = readTable(path, bytes);
    return { path, place: path, sha256: sha256(bytes), table, placesOf: (row) => placesIn(folder, row) };
  } catch (error) {
    if (error instanceof NotLabelsError && folder.folders.size > 0) return undefined;
    throw error;
  }
}

/** The file of a folder that is named as a labels file. */
export function tableIn({ others }: Folder): Seen | undefined {
  for (const name of TABLE_NAMES) {
    const found = others.find(({ path }) => basename(path).toLowerCase() === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a row's path may mean in a folder, or in the only folder in it: `images/` beside the labels file. */
function placesIn({ path, folders }: Folder, row: string): string[] {
  const inner = folders.size === 1 ? [...folders.values()].map((folder) => folder.path) : [];
  return [path, ...inner].map((folder) => posix.join(folder, row));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
