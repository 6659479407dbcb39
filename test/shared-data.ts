import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const SHARED = process.env.DEIT_SHARED ?? fileURLToPath(new URL("../../shared", import.meta.url));

/** Path of development data for tests; `undefined`, with a line on stderr, where it is absent. */
export function sharedData(path: string): string | undefined {
  const full = join(resolve(SHARED), path);
  if (existsSync(full)) return full;
  process.stderr.write(`tests with ${path} are skipped: set DEIT_SHARED to the folder that holds it\n`);
  return undefined;
}
