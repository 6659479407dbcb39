import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { expectFigures } from "../../../test/figures.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

test("the program prints its README's figures, learns, and shows the layer's effect", async () => {
  const node = ["--conditions=@deit/source", "--import", TSX, MAIN];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, node);
  expect(stderr).toBe("");
  expectFigures("single-layer", stdout);
  expect(stdout).toContain("before training: 0\n");
  const [, kept] = /kept (\d+) of 1000 samples, times 1\.429/.exec(stdout)!;
  expect(Math.abs(Number(kept) - 700)).toBeLessThan(4 * Math.sqrt(1000 * 0.7 * 0.3)); // 4 standard deviations

  const losses = [...stdout.matchAll(/loss by epoch: (.+)/g)].map(([, line]) => line!.split(" ").map(Number));
  expect(losses).toHaveLength(2);
  for (const loss of losses) expect(loss.at(-1)!).toBeLessThan(loss[0]! - 0.1);
  expect(losses[0]).not.toEqual(losses[1]);
  const accuracies = [...stdout.matchAll(/([\d.]+)% of/g)].map(([, percent]) => Number(percent));
  expect(accuracies).toHaveLength(4);
  for (const percent of accuracies) expect(percent).toBeGreaterThan(20 + 2 * 2.5); // chance, 2 standard errors
}, 300_000);
