/** A file, folder or link of a {@link TreeSource}. */
export type TreeEntry =
  | { readonly type: "file"; readonly path: string; readonly size: number }
  | { readonly type: "folder"; readonly path: string }
  | {
      readonly type: "link";
      readonly path: string;
      /** With slashes, seen from the link's folder, or from the root if it begins with a slash; undefined: outside. */
      readonly target: string | undefined;
    }
  /** A FIFO, a socket, a device. */
  | { readonly type: "other"; readonly path: string };

/** A folder or an archive. Paths are relative to its root, with slashes. */
export interface TreeSource {
  /** Path as the user gave it; errors begin with it. */
  readonly path: string;
  /** Bytes of an archive that may be compressed. */
  readonly packedBytes?: number;
  /** Everything in it, in any order; an error that `onEntry` throws ends it. */
  list(onEntry: (entry: TreeEntry) => void): Promise<void>;
  /** Reads files into arrays of their size. */
  read(wanted: ReadonlyMap<string, Uint8Array>): Promise<void>;
}
