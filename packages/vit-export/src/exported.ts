import type { ExportFormat } from "./export-options.ts";

/** A file of an exported folder. */
export interface ExportedFile {
  /** Path in the folder, with slashes. */
  readonly path: string;
  /** Contents: text, bytes, or bytes in chunks that are read from the backend while they are written. */
  readonly data: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** What an export has, and what it could not have. */
export interface Exported {
  readonly files: readonly ExportedFile[];
  readonly formats: readonly ExportFormat[];
  /** Formats that cannot hold the model, and the reason. */
  readonly leftOut: readonly { readonly format: ExportFormat; readonly reason: string }[];
}

/** A file of JSON, as transformers indents it. */
export function jsonFile(path: string, value: unknown): ExportedFile {
  return { path, data: `${JSON.stringify(value, null, 2)}\n` };
}
