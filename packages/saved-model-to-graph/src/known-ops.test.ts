import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { KNOWN_OPS } from "./graph/known-ops.ts";

/** Operations that a SavedModel's graph alone does not run: control flow, tables, lists of tensors, decision forests. */
const LEFT_OUT =
  /^(Enter|Exit|If|StatelessIf|While|StatelessWhile|LoopCond|Merge|NextIteration|Switch)$|^(HashTable|LookupTable|InitializeTable|SimpleML|TensorArray|TensorList|EmptyTensorList)/;

test("the known operations are those of the converter that is installed", () => {
  const main = createRequire(import.meta.url).resolve("@tensorflow/tfjs-converter");
  const folder = join(dirname(main), "operations/op_list");
  const files = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const text = files.map((name) => readFileSync(join(folder, name), "utf8")).join("");
  const theirs = new Set([...text.matchAll(/['"]tfOpName['"]: ['"](\w+)['"]/g)].map(([, name]) => name!));
  expect(theirs.size).toBeGreaterThan(200);
  expect([...KNOWN_OPS].sort()).toEqual([...theirs].filter((name) => !LEFT_OUT.test(name)).sort());
});
