import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { emptyFolder } from "test-kit";
import { describe, expect, test } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { distinctNames } from "../files/distinct-names.ts";
import { toCsv } from "../judge/picture-rows.ts";
import { writePictures } from "../runs/picture-records.ts";
import { writeSettings } from "../runs/saved-settings.ts";
import { report } from "./report.ts";

/** A run's folder with what is compared: its settings, and one answer of its student alone. */
async function runIn(folder: string, epochs: number, correct: boolean): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeSettings(folder, settingsOf({ preset: "tiny", name: "n", epochs }));
  await writePictures(folder, [
    { picture: "1", label: "a", arm: "student alone", seed: 42, predicted: correct ? "a" : "b", correct },
  ]);
  return folder;
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

describe("report of several runs", () => {
  test("tells runs of one name and different settings apart by their paths", async () => {
    const out = await emptyFolder();
    const folders = [
      await runIn(join(out, "x", "n"), 2, true),
      await runIn(join(out, "z", "n"), 3, false),
      await runIn(join(out, "z", "m"), 4, true),
    ];
    const { arms } = JSON.parse(await compared(folders, { json: true }));
    expect(arms.map(({ arm, accuracy }: { arm: string; accuracy: number }) => [arm, accuracy])).toEqual([
      ["x/n: student alone", 1],
      ["z/n: student alone", 0],
      ["m: student alone", 1],
    ]);
  });

  test("replaces its own table, but no run's and no other file", async () => {
    const out = await emptyFolder();
    const folders = [await runIn(join(out, "a"), 2, true), await runIn(join(out, "b"), 3, false)];
    const own = join(folders[0]!, "pictures.csv");
    const before = await readFile(own, "utf8");
    await expect(compared(folders, { csv: own })).rejects.toThrow(
      `--csv: expected a new file, or one outside of runs, got '${own}', which is a run's`,
    );
    expect(await readFile(own, "utf8")).toBe(before);
    const csv = join(out, "all.csv");
    await writeFile(csv, "mine");
    await expect(compared(folders, { csv })).rejects.toThrow("--csv: expected a new file, or a 'picture,");
    await writeFile(csv, toCsv([]));
    await compared(folders, { csv });
    expect((await readFile(csv, "utf8")).split("\n")[2]).toBe("1,a,b: student alone,42,b,0");
  });
});

test("several runs are compared on a page too, which replaces its own only", async () => {
  const out = await emptyFolder();
  const folders = [await runIn(join(out, "a"), 2, true), await runIn(join(out, "b"), 3, false)];
  const html = join(out, "all.html");
  await writeFile(html, "mine");
  await expect(compared(folders, { html })).rejects.toThrow(
    "--html: expected a new file, or a 'deit-cli comparison' of this program's to replace",
  );
  const page = join(out, "page.html");
  for (let times = 0; times < 2; times++)
    expect(await compared(folders, { html: page })).toContain(`report: ${page}`);
  expect(await readFile(page, "utf8")).toContain("b: student alone − a: student alone");
  await expect(compared([folders[0]!], { html })).rejects.toThrow(
    "--json, --csv, --html: expected several runs",
  );
});

test("a folder's name is the shortest end of its path that no other has", () => {
  expect(distinctNames(["/n", "/x/n", "/y/x/n", "/m"])).toEqual(["/n", "/x/n", "y/x/n", "m"]);
  expect(distinctNames(["/a/b"])).toEqual(["b"]);
});
