// Links of the repository's Markdown files lead to files that exist, and to headings that they have.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../scripts/packages.ts";
import { run } from "../scripts/pnpm.ts";

const files = run(root, "git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md")
  .trim()
  .split("\n");

/** Ids of a file's headings, as GitHub and VitePress make them of plain words. */
function headingsOf(path: string): string[] {
  const text = readFileSync(path, "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test.each(files.filter((file) => existsSync(join(root, file))))("links of %s lead somewhere", (file) => {
  const text = readFileSync(join(root, file), "utf8").replaceAll(/^```[\s\S]*?^```|`[^`\n]*`/gm, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  const dead = links
    .filter((link) => !/^[a-z]+:/.test(link) && !(file === "docs/index.md" && link.startsWith("/api/")))
    .filter((link) => {
      const [path = "", heading] = link.split("#");
      const target = path === "" ? join(root, file) : join(root, dirname(file), path);
      if (!existsSync(target)) return true;
      return heading !== undefined && target.endsWith(".md") && !headingsOf(target).includes(heading);
    });
  expect(dead).toEqual([]);
});
