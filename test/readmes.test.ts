// READMEs of the packages: the same headings in the same order, an example first, and no page-long paragraphs.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { publicPackages, root } from "../scripts/packages.ts";

const HEADINGS = ["Usage", "API", "Memory", "Backends", "Differences from Keras and timm", "References"];
/** Words of a paragraph, and columns of a line outside tables and code, without the links' addresses. */
const [LONGEST_PARAGRAPH, LONGEST_LINE] = [130, 140];

const published = new Map(publicPackages().map((it) => [it.name, it]));
const readmes = readdirSync(join(root, "packages"))
  .map((name) => ({ name, path: join(root, "packages", name, "README.md") }))
  .filter(({ path }) => existsSync(path))
  .map(({ name, path }) => ({ name, text: readFileSync(path, "utf8") }));

describe.each(readmes)("$name", ({ name, text }) => {
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!);

  test("its README has the headings of all packages, in their order", () => {
    expect(headings).toEqual(HEADINGS.filter((heading) => headings.includes(heading)));
  });

  test("its README has short paragraphs and lines, none of which begins in bold", () => {
    const prose = text.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/^(\||<!--).*$|\]\([^)]*\)/gm, "");
    for (const paragraph of prose.split(/\n\s*\n/)) {
      expect(paragraph.split(/\s+/).length, paragraph).toBeLessThanOrEqual(LONGEST_PARAGRAPH);
      expect(paragraph.trim(), "begins in bold").not.toMatch(/^\*\*/);
    }
    for (const line of prose.split("\n")) expect(line.length, line).toBeLessThanOrEqual(LONGEST_LINE);
  });

  test.runIf(published.has(name))(
    "its README begins with what it is, how to install it, and an example",
    () => {
      expect(text).toMatch(new RegExp(`^# ${name}\n\n\\w`));
      expect(text).toMatch(
        /```sh\nnpm install[^`]+```\n\nAn ES module\. `require` loads it too[^\n]*\n[^#]*\n## Usage\n\n```ts\n/,
      );
      expect(headings).toEqual(expect.arrayContaining(["Usage", "API", "References"]));
      expect(text).toMatch(/^\| -+ \|/m);
      expect(text.replaceAll(/\s+/g, " ")).toMatch(/License: Apache-2\.0\.(?: |$)/);
    },
  );

  test.runIf(published.has(name))(
    "its README mentions skipLibCheck where its types need those of tfjs",
    () => {
      const peers = Object.keys(published.get(name)!.manifest.peerDependencies ?? {});
      expect(text.includes('"skipLibCheck": true')).toBe(
        peers.some((peer) => peer.startsWith("@tensorflow/")),
      );
    },
  );

  test.runIf(published.has(name))("npm finds it by its keywords", () => {
    const keywords = published.get(name)!.manifest.keywords ?? [];
    expect(keywords.length).toBeGreaterThanOrEqual(5);
    expect(new Set(keywords).size).toBe(keywords.length);
  });
});

describe("the repository's README", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");

  test("has no long sentence on its first screen", () => {
    const screen = readme.slice(0, readme.indexOf("\n## The Keras example"));
    const prose = screen
      .replaceAll(/^```[\s\S]*?^```|<!--.*?-->|^!\[.*$|^#.*$|\]\([^)]*\)/gm, "")
      .replaceAll(/^- /gm, "\n");
    const sentences = prose.split(/[.?!](?=\s)|\n\s*\n/).map((it) => it.trim().split(/\s+/));
    expect(sentences.length).toBeGreaterThan(10);
    for (const words of sentences) expect(words.length, words.join(" ")).toBeLessThanOrEqual(25);
  });

  test.runIf([...published.values()].every(({ manifest }) => manifest.version === "0.0.0"))(
    "says above the first `npm install` that there is nothing on npm yet",
    () => {
      const before = readme.slice(0, readme.indexOf("\nnpm install"));
      expect(before.slice(-600)).toContain("not on npm yet");
    },
  );
});
