import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/packages.ts";

/** A section's files: what its blocks hold, by the name in their first line. */
export type GuideFiles = Readonly<Record<string, string>>;

const BLOCK = /^```(?:js|html|jsx|svelte)\n(?:\/\/|<!--) ([^\n]+?)(?: -->)?\n([\s\S]*?)^```/gm;

/** The files that a section of `docs/guide/in-a-browser.md` shows. @throws Error if it has none. */
export function guideFiles(heading: string): GuideFiles {
  const page = readFileSync(join(root, "docs/guide/in-a-browser.md"), "utf8");
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  const files = Object.fromEntries([...section.matchAll(BLOCK)].map(([, name, text]) => [name!, text!]));
  if (Object.keys(files).length === 0) throw new Error(`guideFiles: expected blocks under '${heading}'`);
  return files;
}
