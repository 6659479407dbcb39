import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyFolder } from "test-kit";
import { expect, test } from "vitest";
import { presetOf } from "../packages/deit-cli/src/settings/resolve-settings.ts";
import { blocksOf, fillBlocks } from "../scripts/results/blocks.ts";
import { curvesSvg } from "../scripts/results/curves.ts";
import { fillFrontPage } from "../scripts/results/front-page.ts";
import { readRun } from "../scripts/results/read-run.ts";
import type { ResultRow } from "../scripts/results/row.ts";
import { fillSeeds, seedsTable } from "../scripts/results/seeds.ts";
import { words } from "./figures.ts";

const read = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");
const rows: ResultRow[] = JSON.parse(read("results.json"));

test("docs/results.md and its pictures show docs/results.json", () => {
  const page = read("results.md");
  expect(page).toBe(fillSeeds(fillBlocks(page, rows)));
  const blocks = blocksOf(page, rows);
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) expect(read(`results/${block.name}.svg`)).toBe(curvesSvg(block.rows));
});

test("a table of seeds has means, and differences from the student alone with Student's interval", () => {
  const csv = "# a comment\nseed,teacher,alone,token\n1,0.9,0.5,0.55\n2,0.8,0.6,0.59\n3,0.7,0.55,0.57\n";
  expect(seedsTable(csv).split("\n").slice(2)).toEqual([
    "| 1 | 90.0% | 50.0% | 55.0% |",
    "| 2 | 80.0% | 60.0% | 59.0% |",
    "| 3 | 70.0% | 55.0% | 57.0% |",
    "| mean | **80.0%** | **55.0%** | **57.0%** |",
    "| above alone |  |  | +2.0 (−5.5 to +9.5) |", // scipy.stats.t.interval(0.95, 2, 2, 3 / sqrt(3))
  ]);
});

test("README.md shows docs/results.json and docs/figures.json", () => {
  const { "deit-cli": demo } = JSON.parse(read("figures.json"));
  const readme = read("../README.md");
  expect(words(readme)).toBe(words(fillFrontPage(readme, rows, read("results/features-photos.csv"), demo)));
});

test("no path of a machine is among the commands", () => {
  for (const { source } of rows) expect(source).not.toMatch(/ \/|~/);
});

test("a run that is not finished is read as far as it has come, and named by what differs from its preset", async () => {
  const folder = await emptyFolder();
  const log = join(folder, "log");
  mkdirSync(log);
  const { run, data, model, recipe } = presetOf("keras");
  const own = { preset: "keras", name: "x", out: "/a/runs", seed: 7, backend: "tensorflow" };
  const settings = {
    run: { ...run, ...own, teacher: "/a/runs/t/student-alone" },
    data: { ...data, path: "/a/b/flowers.tgz", download: false },
    model,
    recipe: { ...recipe, epochs: 20 },
  };
  writeFileSync(join(folder, "settings.json"), JSON.stringify(settings));
  const time = "2026-01-02T03:04:05Z";
  const step = { event: "step", time, size: 10, waitSeconds: 1, computeSeconds: 4 };
  const lines = [
    { event: "begin", time, step: 0 },
    { ...step, step: 1 },
    { ...step, step: 2 },
    { event: "epoch", time, step: 2, loss: 1.5, val_accuracy: 0.25 },
    { ...step, step: 3 },
  ];
  writeFileSync(join(log, "student-distilled.jsonl"), lines.map((it) => JSON.stringify(it)).join("\n"));
  const [row, ...more] = readRun(folder, "abc", "2 × some CPU");
  expect(more).toEqual([]);
  expect(row).toMatchObject({
    ...{ model: "student distilled", commit: "abc", date: "2026-01-02", seed: 7, epochs: 20 },
    ...{ imagesPerSecond: 2, minutes: 0, loss: [1.5], valAccuracy: [0.25] },
    source:
      "npx pnpm@12 start train --preset keras --backend tensorflow --seed 7 --data flowers.tgz --teacher runs/t/student-alone",
  });
});
