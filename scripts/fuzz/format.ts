/** A form in which an original is changed: the file itself, or what lies in it, wrapped again with right lengths and checksums. */
export interface Layer {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Whether a checksum covers these bytes: what reads as something else is then wrong in silence. */
  readonly isGuarded: boolean;
  /** The file around changed bytes. */
  wrap(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A format that is ready to be read, in a process of its own. */
export interface Subject {
  readonly layers: readonly Layer[];
  /** Content of a file as text, equal for equal content. @throws Error of ours if it is refused. */
  read(file: Uint8Array, layer: Layer): Promise<string>;
  /** Name that a refusal must contain: the file, or the format where the caller adds the file's name. */
  readonly named: RegExp;
  /** State that a refusal must not change, such as weights and the number of tensors. */
  state?(): string;
  /** Makes the state that of the beginning; called before each input. */
  reset?(): void;
}

/** A format of files that the project reads. */
export interface Format {
  readonly name: string;
  /** Its reader, for the page. */
  readonly reader: string;
  /** @param folder - Empty, for files; removed afterwards. */
  prepare(folder: string): Promise<Subject>;
}

/** A layer that is the whole file. */
export function wholeFile(bytes: Uint8Array, isGuarded: boolean, name = "file"): Layer {
  return { name, bytes, isGuarded, wrap: (changed) => changed };
}
