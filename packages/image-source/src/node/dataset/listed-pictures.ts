import { MULTI_LABEL } from "sample-keys";
import { type Folder, noteOthers } from "../../folders/folders.ts";
import type { Notes } from "../../folders/notes.ts";
import type { Seen } from "../../folders/seen.ts";
import type { Part } from "../../folders/split-parts.ts";
import { type ClassFile, type LabelOrder, requireSameNames } from "../tree/class-folders.ts";
import type { PlacedTable } from "./labels-files.ts";
import { LabelsFileError, type LabelsRow } from "./labels-table.ts";

/** A picture with its part of the split. */
interface ListedFile extends ClassFile {
  readonly part?: Part;
}

/** Pictures that have rows. */
export interface Listed {
  readonly classNames: readonly string[];
  /** Sorted by path. */
  readonly files: readonly ListedFile[];
  /** 0 or 1 for each picture and class, row by row, if a picture has several labels or none. */
  readonly hot?: Uint8Array;
}

/** How rows are read. */
export interface ListedRules {
  /** What errors call the data. */
  readonly path: string;
  readonly orderOf: LabelOrder;
  /** Folders of a split, by which pictures whose row names no part have one. */
  readonly parts: ReadonlyMap<Part, Folder> | undefined;
  /** The root, and folders in it that have nothing beside them. */
  readonly chain: readonly Folder[];
}

/**
 * Joins the rows of labels files with pictures.
 *
 * @param root - All that is there.
 * @throws LabelsFileError naming file and line: a picture in two rows, no row with a picture or with a label, a class that no training picture has.
 */
export function listedPictures(
  root: Folder,
  tables: readonly PlacedTable[],
  notes: Notes,
  { orderOf, path, parts, chain }: ListedRules,
): Listed {
  const { pictures, others } = everythingIn(root);
  const names = new Set(others.map((one) => one.path));
  const rows = new Map<string, LabelsRow & { readonly at: string; readonly part?: Part }>();
  let [count, first] = [0, ""];
  for (const { table, placesOf } of tables) {
    for (const row of table.rows) {
      count += 1;
      const at = `${table.name}:${row.line}`;
      const candidates = placesOf(row.path, chain);
      const found = candidates.find((one) => pictures.has(one));
      first ||= `${at}: expected a picture's path below '${path}', got '${row.path}'`;
      if (found === undefined) {
        if (!candidates.some((one) => names.has(one))) notes.add("missing", `${row.path} (${at})`);
        continue; // of a format that is not read: noted as such
      }
      const before = rows.get(found);
      if (before !== undefined)
        throw new LabelsFileError(
          `${at}: expected each picture once, got '${row.path}' again, as in ${before.at}; several labels go in one row, in 'labels'`,
        );
      rows.set(found, { ...partBelow(parts, found), ...row, at });
    }
  }
  if (rows.size === 0) throw new LabelsFileError(`${first}, and no other of ${count} rows has one`);
  for (const one of pictures.keys()) if (!rows.has(one)) notes.add("unlisted", one);
  noteOthers(others, notes);
  // Where each picture has one label, whatever the column's name, there are classes; otherwise labels that do not exclude each other.
  const several = tables.some(({ table }) => table.kind === "several");
  const isSeveral = several && [...rows.values()].some(({ labels }) => labels.length !== 1);
  const kept = [...rows]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .filter(([, { labels, at, path: name }]) => {
      if (isSeveral || labels.length > 0) return true;
      notes.add("blank", `${name} (${at})`);
      return false;
    });
  requireLabels(tables, [...rows.values()]);
  const classNames = classesOf(
    path,
    tables,
    kept.map(([, row]) => row),
    orderOf,
  );
  const places = new Map(classNames.map((name, label) => [name, label]));
  if (!isSeveral) requireTrained(kept.map(([, row]) => row));
  const hot = isSeveral ? new Uint8Array(kept.length * classNames.length) : undefined;
  const files = kept.map(([key, { labels, part }], i): ListedFile => {
    for (const label of hot === undefined ? [] : labels) hot![i * classNames.length + places.get(label)!] = 1;
    const label = isSeveral ? MULTI_LABEL : places.get(labels[0]!)!;
    return { key, label, ...pictures.get(key)!.file!, ...(part && { part }) };
  });
  return { classNames, files, ...(hot && { hot }) };
}

function partBelow(parts: ListedRules["parts"], path: string): { part?: Part } {
  for (const [part, folder] of parts ?? []) if (path.startsWith(`${folder.path}/`)) return { part };
  return {};
}

function everythingIn(root: Folder): { pictures: Map<string, Seen>; others: Seen[] } {
  const pictures = new Map<string, Seen>();
  const others: Seen[] = [];
  const visit = (folder: Folder): void => {
    for (const one of folder.pictures) pictures.set(one.path, one);
    others.push(...folder.others);
    for (const inner of folder.folders.values()) visit(inner);
  };
  visit(root);
  return { pictures, others };
}

/** Classes in the order of their labels: by number, where all are numbers, else by the alphabet. */
function classesOf(
  path: string,
  tables: readonly PlacedTable[],
  rows: readonly LabelsRow[],
  orderOf: LabelOrder,
): readonly string[] {
  const names = new Set([
    ...tables.flatMap(({ table }) => table.classes ?? []),
    ...rows.flatMap(({ labels }) => labels),
  ]);
  const isNumbered = [...names].every((name) => /^\d+$/.test(name));
  const sorted = [...names].sort(isNumbered ? (a, b) => Number(a) - Number(b) : undefined);
  const classNames = orderOf(sorted);
  requireSameNames(path, classNames, names);
  return classNames;
}

/** @throws LabelsFileError naming the first row, where no row and no column says a class. */
function requireLabels(
  tables: readonly PlacedTable[],
  rows: readonly (LabelsRow & { readonly at: string })[],
): void {
  if (tables.some(({ table }) => table.classes) || rows.some(({ labels }) => labels.length > 0)) return;
  throw new LabelsFileError(
    `${rows[0]!.at}: expected a label, got none, and no other of ${rows.length} rows has one`,
  );
}

/** @throws LabelsFileError naming a row of a class that no training row has. */
function requireTrained(rows: readonly (LabelsRow & { readonly at: string })[]): void {
  const isTraining = ({ part }: LabelsRow): boolean => part === undefined || part === "train";
  const trained = new Set(rows.filter(isTraining).flatMap(({ labels }) => labels));
  if (trained.size === 0)
    throw new LabelsFileError(
      `${rows[0]!.at}: expected pictures to train on, got other parts of the split only`,
    );
  const other = rows.find(({ labels }) => labels.some((label) => !trained.has(label)));
  if (other === undefined) return;
  const [name] = other.labels;
  throw new LabelsFileError(
    `${other.at}: expected a class that training pictures have (${[...trained].sort().join(", ")}), got '${name}'`,
  );
}
