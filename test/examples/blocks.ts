import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { publicPackages, root } from "../../scripts/packages.ts";

/** A piece of code in the documentation: a `ts` block of a Markdown file, or an `@example`. */
export interface Block {
  /** File, relative to the repository, with forward slashes. */
  readonly path: string;
  /** Line of the file on which the code starts, from 1. */
  readonly line: number;
  readonly code: string;
  /** Marked `norun`: it needs what a test does not have (a file, a GPU, the network). */
  readonly norun: boolean;
  readonly kind: "markdown" | "example";
}

const FENCE = /^```ts( norun)?\n([\s\S]*?)^```/gm;
const EXAMPLE = /^[ \t]*(?:\/\*)?\*+ @example\b[^\n]*\n([\s\S]*?)(?=^[ \t]*\*+\/|^[ \t]*\* @|\*\/)/gm;
const SKIPPED = /^(node_modules|dist|api|runs|\..+)$/;

/** Every block of the repository's documentation, by file and line. */
export function allBlocks(): Block[] {
  const markdown = ["README.md", "CONTRIBUTING.md", ...filesOf("docs", ".md")];
  for (const parent of ["packages", "examples", "bench"]) markdown.push(...filesOf(parent, "README.md"));
  const sources = ["packages", "examples", "bench", "scripts", "test"].flatMap((it) => filesOf(it, ".ts"));
  return [...markdown.flatMap(markdownBlocks), ...sources.flatMap(exampleBlocks)];
}

/** Folder that a file is resolved from: its package's, or the repository's. */
export function homeOf(path: string): string {
  const home = homes().find((folder) => path.startsWith(`${folder}/`));
  return home === undefined ? root : join(root, home);
}

function homes(): string[] {
  const packages = publicPackages().map(({ folder }) => relative(root, folder).split(sep).join("/"));
  const examples = readdirSync(join(root, "examples")).map((name) => `examples/${name}`);
  return [...packages, ...examples, "packages/test-kit", "bench"];
}

function filesOf(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.test(entry.name) ? [] : filesOf(path, ending);
    return path.endsWith(ending) ? [path] : [];
  });
}

function markdownBlocks(path: string): Block[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(FENCE)].map(({ 1: mark, 2: code, index }) => ({
    ...{ path, code: code!, norun: mark !== undefined, kind: "markdown" },
    line: lineAt(text, index) + 1,
  }));
}

function exampleBlocks(path: string): Block[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(EXAMPLE)].map(({ 0: all, 1: comment, index }) => {
    const lines = comment!.replace(/^[ \t]*\* ?/gm, "").trimEnd();
    const fence = /^```ts( norun)?\n([\s\S]*?)\n?```/.exec(lines);
    return {
      ...{ path, code: fence ? fence[2]! : lines, norun: fence?.[1] !== undefined, kind: "example" },
      line: lineAt(text, index + all.length - comment!.length) + (fence ? 1 : 0),
    };
  });
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;
