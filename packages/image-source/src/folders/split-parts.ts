import type { Folder } from "./folders.ts";

/** A part of a split. */
export type Part = "train" | "validation" | "test";

const NAMES: Readonly<Record<Part, RegExp>> = {
  train: /^train(ing)?$/i,
  validation: /^(val(id(ation)?)?|dev|eval(uation)?|held[-_ ]?out|holdout)$/i,
  test: /^test(ing)?$/i,
};

/** Names of folders that are parts of a split. */
export const PART_NAME: RegExp = new RegExp(
  Object.values(NAMES)
    .map(({ source }) => source)
    .join("|"),
  "i",
);

/** The part of a split that a name is for: `train`; `val`, `valid`, `validation`, `dev`, …; `test`. */
export function partOf(name: string): Part | undefined {
  return (Object.keys(NAMES) as Part[]).find((part) => NAMES[part].test(name));
}

/**
 * The parts in a folder: one to train on, and one or two others, with folders or pictures in them.
 *
 * @returns `undefined` where the folder is not one of parts: folders `train` and `test` without folders in them, beside others, are classes.
 * @throws Error if two folders are the same part.
 */
export function partsIn(path: string, { folders }: Folder): ReadonlyMap<Part, Folder> | undefined {
  const found = new Map<Part, Folder>();
  for (const [name, folder] of folders) {
    const part = partOf(name);
    if (part === undefined) continue;
    const other = found.get(part);
    if (other !== undefined)
      throw new Error(
        `${path}: expected one folder for each part of a split, got '${other.path}' and '${folder.path}'`,
      );
    found.set(part, folder);
  }
  const isAll = found.size === folders.size;
  const hasFolders = [...found.values()].some((folder) => folder.folders.size > 0);
  if (!found.has("train") || found.size < 2 || !(isAll || hasFolders)) return undefined;
  const order = Object.keys(NAMES) as Part[];
  return new Map([...found].sort(([one], [other]) => order.indexOf(one) - order.indexOf(other)));
}
