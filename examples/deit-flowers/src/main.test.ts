import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

test("a small run trains teacher and student, and reports both", async () => {
  const node = ["--conditions=@deit/source", "--import", TSX, MAIN, "--count", "200", "--epochs", "3"];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, node);
  expect(stderr).toBe("");
  expect(stdout).toContain("180 pictures of 5 classes, 20 held out");
  const losses = (name: string) =>
    [...stdout.matchAll(new RegExp(`${name}, epoch \\d+: loss ([\\d.]+)`, "g"))].map(([, loss]) =>
      Number(loss),
    );
  const [teacher, student] = [losses("teacher"), losses("student")];
  expect(teacher).toHaveLength(8);
  expect(teacher.at(-1)!).toBeLessThan(1.45); // of ln 5 = 1.61 for a guess
  expect(student).toHaveLength(3);
  expect(student.at(-1)!).toBeLessThan(student[0]!);
  const last = (name: string) =>
    new RegExp(`${name}, epoch \\d+: loss [\\d.]+, accuracy ([\\d.]+%)\n(?!${name})`);
  const reported = (name: string) =>
    new RegExp(`^${name}: \\d+ parameters, ([\\d.]+%)$`, "m").exec(stdout)![1];
  for (const name of ["teacher", "student"]) expect(reported(name)).toBe(last(name).exec(stdout)![1]);
}, 300_000);

test("the example is at most 120 lines long", () => {
  const text = readFileSync(MAIN, "utf8");
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(120);
});
