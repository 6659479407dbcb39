import { existsSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { emptyFolder } from "test-kit";
import { describe, expect, test, vi } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { evaluate } from "../commands/evaluate.ts";
import { report } from "../commands/report.ts";
import { trainSettings } from "../commands/train.ts";
import { compareArms } from "../judge/compare-arms.ts";
import { fromCsv } from "../judge/picture-rows.ts";
import { openModel } from "../models/open-model.ts";
import { editsOf } from "../options/edits-of.ts";
import { Interrupted } from "../process/interrupted.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { run } from "./run.ts";
import { runSeries } from "./series.ts";

vi.setConfig({ testTimeout: 600_000 });

const TINY = { preset: "tiny", name: "series", backend: "wasm", count: 60 };
const settingsIn = (out: string, options: object) => settingsOf({ ...TINY, out, ...options });
const resumed = (folder: string, options: object = {}) =>
  trainSettings(editsOf({ resume: folder, ...options }));
const textOf = (...path: string[]) => readFile(join(...path), "utf8");
const TABLES = ["summary.json", "accuracies.csv", "pictures.csv", "report.html"] as const;

/** Runs a series that is stopped when a line has been written that begins so. */
async function stopped(out: string, options: object, line: RegExp): Promise<string> {
  const stop = new AbortController();
  let text = "";
  const output: LineOutput = {
    write: (part: string) => {
      text += part;
      if (line.test(text)) stop.abort(new Interrupted("stop"));
    },
  };
  const error: Error = await runSeries(settingsIn(out, options), output, stop.signal).then(
    () => expect.unreachable(),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(Interrupted);
  return error.message;
}

async function compared(args: string[], use: object): Promise<string> {
  const output = recorder();
  await report.run({
    args,
    edits: {},
    use: { json: false, open: false, top: 5, perClass: 10, ...use },
    output,
  });
  return output.text();
}

describe("a series of seeds", () => {
  const options = { seeds: "42,7", heldOut: 20 };

  test("is the run of each seed on the same pictures, with one table, killed or not", async () => {
    const out = await emptyFolder();
    const output = recorder();
    const { runs, arms, differences } = await runSeries(settingsIn(out, options), output);
    const folder = join(out, "series");
    expect(runs.map(({ name, seed, pictures }) => [name, seed, pictures])).toEqual([
      ["seed-42", 42, 20],
      ["seed-7", 7, 20],
    ]);

    // The same as two runs of their own.
    const apart = await run(
      settingsIn(out, { ...options, seeds: undefined, name: "one", seed: 7, dataSeed: 42 }),
      recorder(),
    );
    expect(runs[1]!.accuracies).toEqual(
      Object.fromEntries(apart.models.map(({ name, valAccuracy }) => [name, valAccuracy])),
    );
    expect(runs[0]!.accuracies).not.toEqual(runs[1]!.accuracies);
    const own = await textOf(folder, "seed-42", "pictures.csv");
    const rows = fromCsv(await textOf(folder, "pictures.csv"), "pictures.csv");
    expect(await textOf(folder, "pictures.csv")).toBe(
      own + (await textOf(out, "one", "pictures.csv")).replace(/^.*\n/, ""),
    );
    expect(rows).toHaveLength(2 * 3 * 20);
    expect(new Set(rows.map(({ picture }) => picture)).size).toBe(20);
    for (const { arm, accuracy } of arms) {
      const mean = runs.reduce((sum, one) => sum + one.accuracies[arm]! / 2, 0);
      expect(accuracy).toBeCloseTo(mean, 12);
    }
    expect(differences.map(({ first, second }) => `${second} - ${first}`)).toEqual([
      "student distilled - student alone",
    ]);
    expect(compareArms(rows, (arm) => arm !== "teacher").differences).toEqual(differences);
    expect(output.text()).toContain("student distilled − student alone");
    expect(output.text()).toContain("bootstrap samples of seeds and pictures, drawn independently");
    expect(await textOf(folder, "accuracies.csv")).toMatch(
      /^seed,fold,model,pictures,accuracy\n42,,teacher,20,/,
    );
    expect(await textOf(folder, "report.html")).toContain('<a href="seed-42/report.html">');

    // Stopped in the first run, in the second, and before the table.
    const again = await emptyFolder();
    const other = join(again, "series");
    const message = await stopped(again, options, /seed-42[\s\S]*student alone {2}epoch 1\/2/);
    expect(message).toBe(`stopped and saved; to resume: npx pnpm@12 start --resume ${other}`);
    await expect(runSeries(resumed(other, { epochs: 3, schedule: "cosine" }), recorder())).rejects.toThrow(
      `--epochs: expected 2, as in the other runs of '${other}', got 3`,
    );
    const stop = new AbortController();
    let text = "";
    const write = (part: string): void => {
      text += part;
      if (/seed-7[\s\S]*student distilled {2}epoch 1\/2/.test(text)) stop.abort(new Interrupted("stop"));
    };
    await expect(runSeries(resumed(other), { write }, stop.signal)).rejects.toThrow(Interrupted);
    expect(text).toContain("student-alone: resumes after step");
    const finished = join(other, "seed-42", "student-alone", "model.json");
    const before = (await stat(finished)).mtimeMs;
    const last = recorder();
    await runSeries(resumed(other), last);
    expect(last.text()).toContain("seed-42 (1 of 2)\nfinished before\n");
    expect((await stat(finished)).mtimeMs).toBe(before);
    for (const table of TABLES) expect(await textOf(other, table), table).toBe(await textOf(folder, table));
    await expect(runSeries(resumed(other), recorder())).rejects.toThrow(
      `--resume: expected a series that is not finished, got '${other}'`,
    );

    // `report` reads it all again.
    const json = JSON.parse(await compared([folder], { json: true }));
    const { runs: _, ...summary } = JSON.parse(await textOf(folder, "summary.json"));
    expect(json).toEqual(summary);
    const csv = join(out, "both.csv");
    const pair = await compared([join(folder, "seed-42"), join(out, "one")], { csv });
    expect(await textOf(csv)).toBe(await textOf(folder, "pictures.csv")); // runs that differ by the seed alone
    expect(pair).toContain("student distilled − student alone");
  });

  test("leaves no folder if it is stopped before there is anything to save, or its settings do not fit", async () => {
    const out = await emptyFolder();
    expect(await stopped(out, options, /seed-42/)).toBe("stopped before there was anything to save");
    expect(existsSync(join(out, "series"))).toBe(false);
    const bad = settingsIn(out, { ...options, teacher: join(out, "none") });
    await expect(runSeries(bad, recorder())).rejects.toThrow("none");
    expect(existsSync(join(out, "series"))).toBe(false);
  });
});

test("a series that is resumed refuses a run with other settings or pictures than its own", async () => {
  const out = await emptyFolder();
  const folder = join(out, "series");
  await stopped(out, { seeds: "42,7", students: "alone" }, /seed-7 \(2 of 2\)/);
  const file = (...path: string[]) => join(folder, ...path);
  const settings = await textOf(file("seed-42", "settings.json"));
  const longer = JSON.parse(settings);
  longer.recipe.epochs = 3;
  await writeFile(file("seed-42", "settings.json"), JSON.stringify(longer));
  const again = () => runSeries(resumed(folder), recorder());
  await expect(again()).rejects.toThrow(
    "--resume: seed-42: expected the settings of the series, got a run with others: recipe.epochs was 2, is 3",
  );
  await writeFile(file("seed-42", "settings.json"), settings);

  const record = JSON.parse(await textOf(file("seed-42", "data.json")));
  const others = "expected the pictures of the series' first run, got others";
  await writeFile(file("seed-42", "data.json"), JSON.stringify({ ...record, all: "others" }));
  await expect(again()).rejects.toThrow(`seed-7: ${others}`);
  expect(existsSync(file("seed-7"))).toBe(false);
  const { seeds: _, ...one } = JSON.parse(settings).run;
  await mkdir(file("seed-7"));
  const second = { ...JSON.parse(settings), run: { ...one, seed: 7, name: "seed-7" } };
  await writeFile(file("seed-7", "settings.json"), JSON.stringify(second));
  await writeFile(file("seed-7", "data.json"), JSON.stringify(record));
  await expect(again()).rejects.toThrow(`--resume: seed-7: ${others}`);
  await writeFile(file("seed-42", "data.json"), JSON.stringify(record));
  expect((await again()).runs.map(({ name }) => name)).toEqual(["seed-42", "seed-7"]);

  // It has no model of its own.
  const got = `got the series '${folder}' of the runs '${file("seed-42")}', '${file("seed-7")}'`;
  await expect(openModel(folder)).rejects.toThrow(`--model: expected a run with a trained student, ${got}`);
  const use = { json: false, open: false, top: 5, perClass: 10 };
  await expect(evaluate.run({ args: [folder], edits: {}, use, output: recorder() })).rejects.toThrow(
    `evaluate: expected a run with a trained model, ${got}`,
  );
});

describe("a cross-validation", () => {
  test("judges each training picture once, by the models that did not train on it", async () => {
    const out = await emptyFolder();
    const output = recorder();
    const options = { folds: 3, students: "alone" };
    const { runs, arms } = await runSeries(settingsIn(out, options), output);
    expect(runs.map(({ name, fold, pictures }) => [name, fold, pictures])).toEqual([
      ["fold-1", 1, 18],
      ["fold-2", 2, 18],
      ["fold-3", 3, 18],
    ]);
    const rows = fromCsv(await textOf(out, "series", "pictures.csv"), "pictures.csv");
    expect(new Set(rows.map(({ picture }) => picture)).size).toBe(54);
    const right = rows.filter(({ correct }) => correct).length;
    expect(arms).toEqual([
      {
        ...{ arm: "student alone", seeds: 1, pictures: 54, accuracy: right / 54 },
        interval: { low: expect.any(Number), high: expect.any(Number) },
      },
    ]);
    const records = await Promise.all(
      ["fold-1", "fold-2", "fold-3"].map(async (fold) =>
        JSON.parse(await textOf(out, "series", fold, "data.json")),
      ),
    );
    expect(new Set(records.map(({ all }) => all)).size).toBe(1);
    expect(new Set(records.map(({ pictures }) => pictures)).size).toBe(3);
    expect(output.text()).toContain("(fold 2 of 3)");
    expect(output.text()).toContain("Each picture is judged by the models that did not train on it.");

    const other = join(await emptyFolder());
    await stopped(other, options, /fold-2[\s\S]*epoch 1\/2/);
    await runSeries(resumed(join(other, "series")), recorder());
    for (const table of TABLES)
      expect(await textOf(other, "series", table), table).toBe(await textOf(out, "series", table));
  });
});
