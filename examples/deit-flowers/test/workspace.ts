import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { LineOutput } from "../src/terminal/live-line.ts";

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
