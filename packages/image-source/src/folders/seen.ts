import type { PictureFormat } from "../formats/picture-format.ts";

/** A file or folder as the program sees it: links followed, hidden ones left out. */
export interface Seen {
  readonly path: string;
  /** Location of a file's bytes in the source. */
  readonly file?: { readonly source: string; readonly size: number };
  /** Format of a picture that is not read. */
  readonly format?: PictureFormat;
}
