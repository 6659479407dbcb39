import type { PictureFormat } from "../formats/picture-format.ts";

/** Kinds of {@link TreeNote}. */
export type TreeNoteKind =
  | "hidden"
  | "link"
  | "loop"
  | "special"
  | "format"
  | "other"
  | "loose"
  | "unlisted"
  | "missing"
  | "blank"
  | "renamed"
  | "nested"
  | "empty"
  | "part";

/**
 * Files that were left out of a data set, changed, or may have been meant otherwise, and why: one note per kind, or, of formats that
 * are not read, per format.
 */
export interface TreeNote {
  readonly kind: TreeNoteKind;
  readonly count: number;
  /** Path of the first: by name, or of rows by line. */
  readonly example: string;
  /** For people: `left out: 2 files that are not pictures, such as 'a/notes.txt'`. */
  readonly text: string;
}

const WORDS: Readonly<Record<Exclude<TreeNoteKind, "format">, (many: boolean) => string>> = {
  hidden: (many) => (many ? "hidden files or folders" : "hidden file or folder"),
  link: (many) =>
    many ? "links that lead out of it or to nothing" : "link that leads out of it or to nothing",
  loop: (many) =>
    many
      ? "links to folders around them or inside linked folders"
      : "link to a folder around it or inside a linked folder",
  special: (many) => `${many ? "pipes, sockets or devices" : "pipe, socket or device"}`,
  other: (many) => (many ? "files that are not pictures" : "file that is not a picture"),
  loose: (many) => `${many ? "pictures" : "picture"} outside a class folder`,
  unlisted: (many) => `${many ? "pictures" : "picture"} without a row in the labels file`,
  missing: (many) => `${many ? "rows" : "row"} of the labels file without a picture`,
  blank: (many) => `${many ? "rows" : "row"} of the labels file without a label`,
  renamed: (many) => (many ? "names" : "name"),
  nested: (many) =>
    many
      ? "folders with the names of other classes' folders"
      : "folder with the name of another class' folder",
  empty: (many) => `${many ? "folders" : "folder"} without pictures`,
  part: (many) => (many ? "parts of a split" : "part of a split"),
};

/** Order of the kinds. */
const KINDS: readonly TreeNoteKind[] = [
  ...(["hidden", "link", "loop", "special", "format", "other", "loose"] as const),
  ...(["unlisted", "missing", "blank", "renamed", "nested", "empty", "part"] as const),
];

/** Treatment of those that were not left out. */
const DONE: Partial<Readonly<Record<TreeNoteKind, string>>> = {
  renamed: "spelled in Unicode's composed form (NFC)",
  nested: "taken as pictures of the outer folder's class",
  part: "taken as all of the data, for nothing is to train on",
};

interface Found {
  count: number;
  example: string;
}

/** Kinds of rows, which come in order; files come in any. */
const OF_ROWS: readonly TreeNoteKind[] = ["missing", "blank"];

function count(found: Found, example: string): void {
  found.count += 1;
  if (example < found.example) found.example = example;
}

/** Counts by kind. */
export class Notes {
  /** Treatment of those of some kinds, in place of what is usual. */
  readonly #done: typeof DONE;
  readonly #found = new Map<TreeNoteKind, Found>();
  readonly #formats = new Map<string, Found & { readonly advice: string | undefined }>();

  constructor(done: typeof DONE = {}) {
    this.#done = { ...DONE, ...done };
  }

  add(kind: Exclude<TreeNoteKind, "format">, example: string): void {
    const found = this.#found.get(kind);
    if (found === undefined) this.#found.set(kind, { count: 1, example });
    else count(found, OF_ROWS.includes(kind) ? found.example : example);
  }

  /** Adds a picture of a format that is not read. */
  addFormat({ name, advice }: PictureFormat, example: string): void {
    const found = this.#formats.get(name);
    if (found === undefined) this.#formats.set(name, { count: 1, example, advice });
    else count(found, example);
  }

  /** In a fixed order. */
  all(): TreeNote[] {
    return KINDS.flatMap((kind) => {
      if (kind === "format") return this.#ofFormats();
      const found = this.#found.get(kind);
      if (found === undefined) return [];
      const { count, example } = found;
      const what = `${count} ${WORDS[kind](count > 1)}, such as '${example}'`;
      return [{ kind, count, example, text: `${this.#done[kind] ?? "left out"}: ${what}` }];
    });
  }

  #ofFormats(): TreeNote[] {
    return [...this.#formats].sort().map(([name, { count, example, advice }]) => {
      const what = `${count} ${name} ${count > 1 ? "pictures" : "picture"}, such as '${example}'`;
      return { kind: "format", count, example, text: `left out: ${what}: ${name} is not read; ${advice}` };
    });
  }
}
