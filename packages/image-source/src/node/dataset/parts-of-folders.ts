import { below, type Folder, noteLoose } from "../../folders/folders.ts";
import type { Notes } from "../../folders/notes.ts";
import type { Part } from "../../folders/split-parts.ts";
import { type ClassFile, type ClassRules, classesIn } from "../tree/class-folders.ts";

/**
 * Pictures of `train/`, `val/` and `test/`, each with one folder a class. Keys begin with the part's folder.
 *
 * @throws Error naming the part: one to train on or to validate without class folders, a class without pictures, or one
 * that `train` does not have.
 */
export function classesOfParts(
  path: string,
  root: Folder,
  parts: ReadonlyMap<Part, Folder>,
  notes: Notes,
  rules: ClassRules,
): { classNames: readonly string[]; files: ClassFile[]; parts: Part[] } {
  noteOutside(root, parts, notes);
  const folderOf = (part: Part): Folder => parts.get(part)!;
  const nameOf = (part: Part): string =>
    folderOf(part).path.slice(root.path === "" ? 0 : root.path.length + 1);
  const train = classesIn(`${path}/${nameOf("train")}`, folderOf("train"), notes, rules);
  const { classNames } = train;
  const all = train.files.map((file) => ({ ...file, key: `${nameOf("train")}/${file.key}` }));
  const ofParts: Part[] = all.map(() => "train");
  for (const part of ["validation", "test"] as const) {
    const folder = parts.get(part);
    if (folder === undefined) continue;
    if (part === "test" && folder.folders.size === 0 && folder.pictures.length > 0) {
      noteLoose(folder, notes); // without labels
      continue;
    }
    // Any order will do: the labels are those of the training classes.
    const own = classesIn(`${path}/${nameOf(part)}`, folder, notes, { ...rules, orderOf: (names) => names });
    const unknown = own.classNames.filter((name) => !classNames.includes(name));
    if (unknown.length > 0) {
      throw new Error(
        `${path}/${nameOf(part)}: expected the classes of '${nameOf("train")}' (${classNames.join(", ")}), got ${own.classNames.join(", ")}: '${unknown.join("', '")}' has no training pictures`,
      );
    }
    const files = own.files.map((file) => ({
      ...file,
      key: `${nameOf(part)}/${file.key}`,
      label: classNames.indexOf(own.classNames[file.label]!),
    }));
    all.push(...files);
    ofParts.push(...files.map(() => part));
  }
  return { classNames, files: all, parts: ofParts };
}

/** Notes what lies beside the parts. */
function noteOutside(root: Folder, parts: ReadonlyMap<Part, Folder>, notes: Notes): void {
  noteLoose(root, notes);
  const known = new Set(parts.values());
  for (const folder of root.folders.values()) {
    if (known.has(folder)) continue;
    for (const { path } of below(folder, notes)) notes.add("loose", path);
  }
}
