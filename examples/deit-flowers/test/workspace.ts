import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { LineOutput } from "../src/terminal/live-line.ts";

const SHARED = process.env.DEIT_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));

/** Path of development data for tests; `undefined`, with a line on stderr, where it is absent. */
export function sharedData(path: string): string | undefined {
  const full = join(resolve(SHARED), path);
  if (existsSync(full)) return full;
  process.stderr.write(
    `deit-flowers: tests with ${path} are skipped: set DEIT_SHARED to the folder that holds it\n`,
  );
  return undefined;
}

/** A new empty folder, removed when the test is over. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deit-flowers-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An output that keeps what it is given. */
export function recorder(isTTY = false, columns = 120): LineOutput & { readonly text: () => string } {
  const parts: string[] = [];
  return { write: (part: string) => parts.push(part), isTTY, columns, text: () => parts.join("") };
}
