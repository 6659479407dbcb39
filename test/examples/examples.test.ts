// The code in the documentation: blocks of Markdown files and `@example`s have true types, run, and print what they say.
import { expect, test } from "vitest";
import { allBlocks } from "./blocks.ts";
import { modulesOf, typeErrors } from "./modules.ts";
import { saysPrinted } from "./printed.ts";
import { runErrors } from "./run.ts";

// Without a GPU, as most machines that run this: an example that needs one is fenced `norun`. The loader of Vulkan finds no driver there.
process.env.VK_ICD_FILENAMES = "none";
const modules = modulesOf(allBlocks());
const files = [...new Set(modules.map(({ block }) => block.path))];

test("the code in the documentation has no type errors", () => {
  expect(typeErrors(modules)).toEqual([]);
});

test.each(files)("the code in %s runs, and prints what it says", async (file) => {
  expect(await runErrors(modules.filter(({ block }) => block.path === file))).toEqual([]);
});

test("a comment says what is printed if it differs by spaces, quotes, rounding, … or a remark alone", () => {
  const printed = "Float32Array(2) [ 0.6000000238418579, -1 ] 500 'a'";
  for (const comment of ["[0.6, -1] 500 a", "[0.60, -1.0] 500 a: a remark", '[…] 500 "a"']) {
    expect(saysPrinted(comment, printed), comment).toBe(true);
  }
  for (const comment of ["[0.7, -1] 500 a", "[0.6, -1] 5000 a", "[0.6, -1]", "a remark", ""]) {
    expect(saysPrinted(comment, printed), comment).toBe(false);
  }
});
