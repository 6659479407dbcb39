/** Kinds of {@link TreeNote}. */
export type TreeNoteKind =
  | "hidden"
  | "link"
  | "loop"
  | "special"
  | "format"
  | "other"
  | "loose"
  | "renamed"
  | "nested";

/** Files that were left out of a data set, changed, or may have been meant otherwise, and why: one note per kind. */
export interface TreeNote {
  readonly kind: TreeNoteKind;
  readonly count: number;
  /** Path of the first. */
  readonly example: string;
  /** For people: `left out: 2 files that are not pictures, such as 'a/notes.txt'`. */
  readonly text: string;
}

const WORDS: Readonly<Record<TreeNoteKind, (many: boolean) => string>> = {
  hidden: (many) => (many ? "hidden files or folders" : "hidden file or folder"),
  link: (many) =>
    many ? "links that lead out of it or to nothing" : "link that leads out of it or to nothing",
  loop: (many) =>
    many
      ? "links to folders around them or inside linked folders"
      : "link to a folder around it or inside a linked folder",
  special: (many) => `${many ? "pipes, sockets or devices" : "pipe, socket or device"}`,
  format: (many) => `${many ? "pictures" : "picture"} of a format that is not read`,
  other: (many) => (many ? "files that are not pictures" : "file that is not a picture"),
  loose: (many) => `${many ? "pictures" : "picture"} outside a class folder`,
  renamed: (many) => (many ? "names" : "name"),
  nested: (many) =>
    many
      ? "folders with the names of other classes' folders"
      : "folder with the name of another class' folder",
};

/** Treatment of those that were not left out. */
const DONE: Partial<Readonly<Record<TreeNoteKind, string>>> = {
  renamed: "spelled in Unicode's composed form (NFC)",
  nested: "taken as pictures of the outer folder's class",
};

/** Counts by kind. */
export class Notes {
  readonly #found = new Map<TreeNoteKind, { count: number; example: string }>();

  add(kind: TreeNoteKind, example: string): void {
    const found = this.#found.get(kind);
    if (found === undefined) this.#found.set(kind, { count: 1, example });
    else found.count += 1;
  }

  /** In a fixed order. */
  all(): TreeNote[] {
    return (Object.keys(WORDS) as TreeNoteKind[]).flatMap((kind) => {
      const found = this.#found.get(kind);
      if (found === undefined) return [];
      const { count, example } = found;
      const what = `${count} ${WORDS[kind](count > 1)}, such as '${example}'`;
      return [{ kind, count, example, text: `${DONE[kind] ?? "left out"}: ${what}` }];
    });
  }
}
