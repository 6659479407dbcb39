import { onlyFolderOf } from "../../folders/class-roots.ts";
import { type Folder, foldersOf, noteLoose } from "../../folders/folders.ts";
import type { Notes } from "../../folders/notes.ts";
import type { Seen } from "../../folders/seen.ts";
import { type Part, partOf, partsIn } from "../../folders/split-parts.ts";
import { type ClassRules, classesIn } from "../tree/class-folders.ts";
import type { Found, ReadSeen } from "../tree/read-tree.ts";
import { type LabelsFile, type PlacedTable, tableIn, tableOf } from "./labels-files.ts";
import { TABLE_NAMES } from "./labels-table.ts";
import { listedPictures } from "./listed-pictures.ts";
import { classesOfParts } from "./parts-of-folders.ts";

/** How a folder or archive says which pictures are of which class. */
export type DatasetLayout = "class folders" | "split folders" | "labels file";

/** Pictures of a tree, with what a store has no place for. */
export interface FoundDataset extends Found {
  readonly layout: DatasetLayout;
  /** Part of each picture. */
  readonly parts: readonly Part[];
  readonly labelsFiles: readonly LabelsFile[];
}

/** How a tree is read. */
export interface DatasetRules extends ClassRules {
  readonly given: PlacedTable | undefined;
  /** Whether labels files in the data count. */
  readonly isSearched: boolean;
}

/** A tree, as `readTree` shows it. */
export interface ShownTree {
  readonly path: string;
  readonly seen: readonly Seen[];
  readonly notes: Notes;
  readonly read: ReadSeen;
}

/**
 * Recognizes the layout of a tree, and finds its pictures.
 *
 * @throws Error of one line, see `openDataset`.
 */
export async function findDataset(tree: ShownTree, rules: DatasetRules): Promise<FoundDataset> {
  const { path, seen, notes, read } = tree;
  const { given, isSearched } = rules;
  const chain = chainOf(foldersOf(path, seen, notes), isSearched);
  const root = chain.at(-1)!;
  const parts = partsIn(path, root);
  const tables = given === undefined ? await tablesOf(isSearched ? root : undefined, parts, read) : [given];
  if (tables.length > 0) return listed(tree, rules, { chain, parts, tables });
  for (const outer of chain.slice(0, -1)) noteLoose(outer, notes);
  if (parts !== undefined) {
    const found = classesOfParts(path, root, parts, notes, rules);
    return { ...found, layout: "split folders", labelsFiles: [] };
  }
  requireFolders(path, root, isSearched);
  for (const inner of chain) {
    const part = partOf(inner.path.split("/").at(-1)!);
    if (part === "validation" || part === "test") notes.add("part", inner.path);
  }
  const found = classesIn(path, root, notes, rules);
  return { ...found, layout: "class folders", parts: found.files.map(() => "train"), labelsFiles: [] };
}

/** @throws Error that says what could be there beside pictures in no folder. */
function requireFolders(path: string, { folders, pictures }: Folder, isSearched: boolean): void {
  if (folders.size > 0 || pictures.length === 0 || !isSearched) return;
  throw new Error(
    `${path}: expected folders of pictures, one a class, or a labels file (${TABLE_NAMES.join(", ")}), got pictures (${pictures.length}) and neither`,
  );
}

/** The folder, and folders in it that have nothing beside them, down to the one with the data. */
function chainOf(top: Folder, isSearched: boolean): Folder[] {
  const chain = [top];
  for (let last = top; !(isSearched && tableIn(last) !== undefined); ) {
    const [only] = last.folders.values();
    const isOfTable = last.folders.size === 1 && tableIn(only!) !== undefined;
    const inner = isOfTable ? only : onlyFolderOf(last);
    if (inner === undefined) break;
    chain.push(inner);
    last = inner;
  }
  return chain;
}

/** The labels file of a folder, or those of its parts. */
async function tablesOf(
  root: Folder | undefined,
  parts: ReadonlyMap<Part, Folder> | undefined,
  read: ReadSeen,
): Promise<PlacedTable[]> {
  if (root === undefined) return [];
  const folders = tableIn(root) !== undefined || parts === undefined ? [root] : [...parts.values()];
  const tables: PlacedTable[] = [];
  for (const folder of folders) {
    const table = await tableOf(folder, read);
    if (table !== undefined) tables.push(table);
  }
  return tables;
}

interface Places {
  readonly chain: readonly Folder[];
  readonly parts: ReadonlyMap<Part, Folder> | undefined;
  readonly tables: readonly PlacedTable[];
}

function listed(
  { path, notes }: ShownTree,
  { orderOf }: DatasetRules,
  { chain, parts, tables }: Places,
): FoundDataset {
  const used = new Set(tables.map(({ place }) => place));
  const all = withoutFiles(chain[0]!, used);
  const { classNames, files, hot } = listedPictures(all, tables, notes, { path, parts, orderOf, chain });
  return {
    layout: "labels file",
    classNames,
    files: withKeysBelow(chain.at(-1)!, files),
    parts: files.map(({ part }) => part ?? "train"),
    labelsFiles: tables.map(({ path: file, sha256 }) => ({ path: file, sha256 })),
    ...(hot && { multiHot: hot }),
  };
}

/** Keys as seen from the folder with the data, whatever folders are around it. */
function withKeysBelow<F extends { readonly key: string }>({ path }: Folder, files: readonly F[]): F[] {
  const isBelow = path !== "" && files.every(({ key }) => key.startsWith(`${path}/`));
  return files.map((file) => (isBelow ? { ...file, key: file.key.slice(path.length + 1) } : file));
}

function withoutFiles(folder: Folder, paths: ReadonlySet<string>): Folder {
  return {
    ...folder,
    others: folder.others.filter(({ path }) => !paths.has(path)),
    folders: new Map(Array.from(folder.folders, ([name, inner]) => [name, withoutFiles(inner, paths)])),
  };
}
