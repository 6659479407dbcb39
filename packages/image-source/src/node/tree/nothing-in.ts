import type { Folder } from "../../folders/folders.ts";
import type { Seen } from "../../folders/seen.ts";
import { READ_EXTENSIONS } from "../../formats/picture-format.ts";

/** What to say of a folder without pictures that are read. */
export function nothingIn(folder: Folder): string {
  const [example] = othersBelow(folder);
  if (example === undefined) return "expected pictures, got an empty folder";
  const { path, format } = example;
  const hint = format === undefined ? "" : `: ${format.name} is not read; ${format.advice}`;
  return `expected pictures (${READ_EXTENSIONS}), got none, but files such as '${path}'${hint}`;
}

function othersBelow({ folders, others }: Folder): Seen[] {
  return [others, ...[...folders.values()].map(othersBelow)].flat();
}
