// A changeset that names no package releases nothing, and says nothing: this does.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { publicPackages, root } from "../scripts/packages.ts";

const folder = join(root, ".changeset");
const names = publicPackages().map(({ name }) => name);

// None is left after `changeset version`.
test.for(readdirSync(folder).filter((file) => file.endsWith(".md") && file !== "README.md"))(
  "%s names packages and what changed",
  (file) => {
    const text = readFileSync(join(folder, file), "utf8");
    const [, releases, summary] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? [];
    const lines = releases?.split("\n").filter((line) => line.trim() !== "");
    for (const line of lines ?? ["no front matter"]) {
      const [, name, bump] = /^"([^"]+)": (\w+)$/.exec(line) ?? [];
      expect(names, line).toContain(name);
      expect(["patch", "minor", "major"], line).toContain(bump);
    }
    expect(summary?.trim()).toBeTruthy();
  },
);

test("each package that was never released has a changeset", () => {
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  for (const { name, manifest } of publicPackages()) {
    if (manifest.version === "0.0.0") expect(texts.join("\n"), name).toMatch(new RegExp(`^"${name}": `, "m"));
  }
});
