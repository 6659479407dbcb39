import { basename, isAbsolute } from "node:path";

/** A setting for others to read: of a path on this machine its last part; names on the hub, `owner/name`, stay. */
export function withoutFolders(value: string): string {
  return isAbsolute(value) || /^\.{1,2}[/\\]/.test(value) ? basename(value) : value;
}
