import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import sharp from "sharp";
import { emptyFolder } from "test-kit";
import { findChromium } from "test-kit/browser";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { lookAtPage } from "../../test/look-at-page.ts";
import { recorder } from "../../test/workspace.ts";
import { parseCommandLine } from "../cli.ts";
import { UsageError } from "../process/usage-error.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let out: string;
/** A finished run, for the commands to use. */
let run: string;
let samples: string[];

/** Runs a command line; returns its output. */
async function start(...args: string[]): Promise<string> {
  const output = recorder();
  const parsed = parseCommandLine(["node", "deit-cli", ...args]);
  await parsed.command.run({ ...parsed, output });
  return output.text();
}

const WASM = ["--backend", "wasm"];

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "deit-cli-"));
  run = join(out, "run");
  await start("train", "--preset", "tiny", ...WASM, "--out", out, "--name", "run");
  samples = (await readdir(join(run, "samples"))).map((name) => join(run, "samples", name));
});
afterAll(() => rm(out, { recursive: true, force: true }));

describe("predict", () => {
  test("shows classes with bars and probabilities, from the newest run where no model is named", async () => {
    const text = await start("predict", samples[0]!, ...WASM, "--out", out);
    const lines = text.trimEnd().split("\n");
    expect(lines[0]).toBe(samples[0]);
    expect(lines).toHaveLength(6);
    for (const line of lines.slice(1)) {
      const [, bar, percent] = /^ {2}\w+ +([█·]{30}) +([\d.]+)%$/.exec(line)!;
      expect(bar!.lastIndexOf("█") + 1).toBe(Math.round((30 * Number(percent)) / 100));
    }
    const two = await start("predict", samples[0]!, ...WASM, "--model", run, "--top-k", "2");
    const words = (some: string) => some.trimEnd().split(/\s+/);
    expect(words(two)).toEqual(words(lines.slice(0, 3).join("\n")));
  });

  test("prints JSON of photos, folders and globs, each photo once, the most probable class first", async () => {
    const model = ["--model", join(run, "student-alone"), ...WASM];
    const { photos } = JSON.parse(
      await start(
        "predict",
        samples[1]!,
        join(run, "samples"),
        `${out}/run/samples/*.png`,
        "--json",
        ...model,
      ),
    ) as { photos: { file: string; classes: { name: string; probability: number }[] }[] };
    expect(photos.map(({ file }) => file)).toEqual([
      samples[1],
      ...samples.filter((file) => file !== samples[1]),
    ]);
    for (const { classes } of photos) {
      const shares = classes.map(({ probability }) => probability);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
      expect([...shares].sort((a, b) => b - a)).toEqual(shares);
    }
  });

  test("predicts for the run's own pictures what the evaluation does", async () => {
    const { models } = JSON.parse(await start("evaluate", join(run, "student-distilled"), ...WASM, "--json"));
    const { photos } = JSON.parse(
      await start("predict", "--json", join(run, "samples"), "--model", run, ...WASM),
    );
    expect(models).toHaveLength(1);
    const taken = models[0].classes.flatMap(({ name }: { name: string }, i: number) =>
      models[0].confusion.some((row: number[]) => row[i]! > 0) ? [name] : [],
    );
    for (const { classes } of photos) expect(taken).toContain(classes[0].name);
  });

  test("rotates a phone's photo by its EXIF orientation", async () => {
    const folder = await emptyFolder();
    const [upright, onItsSide] = ["upright.png", "side.png"].map((name) => join(folder, name));
    await sharp(samples[0]!).toFile(upright!);
    await sharp(samples[0]!).rotate(-90).withMetadata({ orientation: 6 }).toFile(onItsSide!);
    const { photos } = JSON.parse(
      await start("predict", upright!, onItsSide!, "--json", "--model", run, ...WASM),
    );
    expect(photos[1].classes).toEqual(photos[0].classes);
  });

  test("does not rotate photos for a model whose training photos were not rotated", async () => {
    const folder = await emptyFolder();
    const model = join(folder, "model");
    await cp(join(run, "student-alone"), model, { recursive: true });
    const json = JSON.parse(await readFile(join(model, "model.json"), "utf8"));
    expect(json.userDefinedMetadata.upright).toBe(true);
    json.userDefinedMetadata.upright = false;
    await writeFile(join(model, "model.json"), JSON.stringify(json));
    const [stored, onItsSide] = ["stored.png", "side.png"].map((name) => join(folder, name));
    await sharp(samples[0]!).rotate(-90).toFile(stored!);
    await sharp(samples[0]!).rotate(-90).withMetadata({ orientation: 6 }).toFile(onItsSide!);
    const { photos } = JSON.parse(
      await start("predict", stored!, onItsSide!, "--json", "--model", model, ...WASM),
    );
    expect(photos[1].classes).toEqual(photos[0].classes);
  });

  test("predicts the other photos where one is broken, names it, and fails in the end", async () => {
    const folder = await emptyFolder();
    for (const name of ["a.png", "c.png"]) await sharp(samples[0]!).toFile(join(folder, name));
    await writeFile(join(folder, "b.jpg"), "no picture");
    await writeFile(join(folder, "d.bmp"), "BM");
    const model = ["--model", run, ...WASM];
    const wrong = `${join(folder, "b.jpg")}: expected a picture that decodes, got`;
    for (const more of [[], ["--json"]]) {
      const output = recorder();
      const parsed = parseCommandLine(["node", "deit-cli", "predict", folder, ...more, ...model]);
      await expect(parsed.command.run({ ...parsed, output })).rejects.toThrow(
        `1 of 3 photos were left out: ${wrong}`,
      );
      for (const part of [wrong, join(folder, "a.png"), join(folder, "c.png"), join(folder, "d.bmp")])
        expect(output.text()).toContain(part);
    }
    const output = recorder();
    const drawn = join(folder, "drawn");
    const parsed = parseCommandLine([
      "node",
      "deit-cli",
      "attention",
      folder,
      "--attention",
      drawn,
      ...model,
    ])!;
    await expect(parsed.command.run({ ...parsed, output })).rejects.toThrow(
      `1 of 3 photos were left out: ${wrong}`,
    );
    expect((await readdir(drawn)).sort()).toEqual(["a.png", "c.png"]);
  });

  test("refuses a photo with more pixels than it decodes, in predict and attention", async () => {
    const bomb = join(await emptyFolder(), "bomb.webp");
    const webp = "524946461c000000574542505650384c0f0000002ffebfff0f0710fd8ffe0722a2ff0100";
    await writeFile(bomb, Buffer.from(webp, "hex"));
    for (const command of ["predict", "attention"])
      await expect(start(command, bomb, "--model", run, ...WASM)).rejects.toThrow(
        "16383x16383 = 268402689 pixels, more than the limit of 100000000",
      );
    const [photo] = samples; // 24 pixels a side
    const few = ["--model", run, "--max-pixels", "575", ...WASM];
    for (const command of ["predict", "attention"])
      await expect(start(command, photo!, ...few)).rejects.toThrow(
        "24x24 = 576 pixels, more than the limit of 575",
      );
  });

  test.each(["predict", "attention", "embed"])(
    "%s counts what a folder has beside photos by reason",
    async (command) => {
      const folder = await emptyFolder();
      await cp(samples[0]!, join(folder, "photo.jfif")); // formats go by content
      for (const name of ["1.heic", "2.HEIC", "3.bmp", "notes.txt"]) await writeFile(join(folder, name), "");
      const target = command === "embed" ? ["--output", join(folder, "features.csv")] : [];
      const drawn = command === "attention" ? ["--attention", join(await emptyFolder(), "drawn")] : [];
      const text = await start(
        command,
        folder,
        "--model",
        join(run, "student-alone"),
        ...target,
        ...drawn,
        ...WASM,
      );
      expect(text.split("\n").slice(0, 4)).toEqual([
        `left out: 2 HEIC pictures, such as '${join(folder, "1.heic")}': HEIC is not read; convert it, for instance with 'magick mogrify -format jpg *.heic'`,
        `left out: 1 BMP picture, such as '${join(folder, "3.bmp")}': BMP is not read; convert it, for instance with 'magick mogrify -format png *.bmp'`,
        `left out: 1 file that is not a picture, such as '${join(folder, "notes.txt")}'`,
        expect.stringContaining(command === "predict" ? "photo.jfif" : ""),
      ]);
    },
  );

  test("draws attention beside the photo as a heat map; a second token that looks at the same patches has none", async () => {
    const folder = await emptyFolder();
    const photo = join(folder, "photo.jpg");
    await sharp(samples[0]!).resize(240, 160, { fit: "fill" }).jpeg().toFile(photo);
    const png = join(folder, "drawn.png");
    await start("predict", photo, "--model", run, "--attention", png, ...WASM);
    expect(await sharp(png).metadata()).toMatchObject({ format: "png", width: 2 * 240 + 8, height: 202 });
    const drawn = await start(
      "attention",
      photo,
      samples[0]!,
      "--model",
      join(run, "student-alone"),
      "--attention",
      join(folder, "many"),
      ...WASM,
    );
    const pictures = drawn.trimEnd().split("\n");
    expect(pictures.map((path) => basename(path))).toEqual(["photo.png", basename(samples[0]!)]);
    expect(await sharp(pictures[0]!).metadata()).toMatchObject({ width: 2 * 240 + 8, height: 202 });
    // On the left is the photo itself; the heat map beside it is about as bright.
    const [original, drawing] = await Promise.all(
      [photo, png].map((path) => sharp(path).raw().toBuffer({ resolveWithObject: true })),
    );
    const at = (x: number, y: number) => drawing!.data.subarray((y * 488 + x) * 3, (y * 488 + x) * 3 + 3);
    for (const [x, y] of [
      [0, 0],
      [120, 80],
      [239, 159],
    ] as const) {
      expect([...at(x, y)]).toEqual([...original!.data.subarray((y * 240 + x) * 3, (y * 240 + x) * 3 + 3)]);
    }
    const brightness = async (left: number) => {
      const { channels } = await sharp(
        await sharp(png).extract({ left, top: 0, width: 240, height: 160 }).toBuffer(),
      ).stats();
      return channels.reduce((sum, { mean }) => sum + mean / 3, 0);
    };
    expect(await brightness(248)).toBeGreaterThan(0.8 * (await brightness(0)));
  });

  test("refuses missing and broken photos, other models, and one file for many drawings", async () => {
    const folder = await emptyFolder();
    const bad = join(folder, "bad.jpg");
    const model = ["--model", run, ...WASM];
    for (const [pattern, reason] of [
      ["*.gif", "which matches no file"],
      ["photo.jpg", "which does not exist"],
      ["", "a folder without photos"],
    ] as const)
      await expect(start("predict", join(folder, pattern), ...model)).rejects.toThrow(
        `expected photos, folders or globs, got '${join(folder, pattern)}', ${reason}`,
      );
    const heic = join(await emptyFolder(), "a.heic");
    await writeFile(heic, "");
    await expect(start("predict", dirname(heic), ...model)).rejects.toThrow(
      `a folder without photos, but with 1 HEIC picture, such as '${heic}': HEIC is not read; convert it, for instance with 'magick mogrify -format jpg *.heic'`,
    );
    await writeFile(bad, "no picture");
    await expect(start("predict", bad, ...model)).rejects.toThrow(`${bad}: expected a picture that decodes`);
    await expect(start("predict", ...samples, ...model, "--attention", "one.png")).rejects.toThrow(
      `expected a folder for the pictures of ${samples.length} photos, got 'one.png'`,
    );
    await expect(start("predict", samples[0]!, "--out", folder)).rejects.toThrow(UsageError);
    await expect(
      start("attention", samples[0]!, "--model", join(run, "teacher"), ...WASM, "--attention", folder),
    ).rejects.toThrow(
      "expected a vision transformer of layers, whose attention can be drawn, got a tfjs layers model of 5 classes",
    );
    expect(await readdir(folder)).toEqual(["bad.jpg"]);
  });
});

test("evaluate computes a run's accuracies again", async () => {
  const summary = JSON.parse(await readFile(join(run, "summary.json"), "utf8"));
  const { models, classNames } = JSON.parse(await start("evaluate", run, ...WASM, "--json"));
  expect(models.map(({ accuracy }: { accuracy: number }) => accuracy)).toEqual(
    summary.map(({ valAccuracy }: { valAccuracy: number }) => expect.closeTo(valAccuracy, 6)),
  );
  for (const { confusion } of models)
    expect(confusion.flat().reduce((a: number, b: number) => a + b, 0)).toBe(10);
  const [whole, middle] = await Promise.all(
    ["1", "0.3"].map(async (crop) => {
      const args = ["--evaluation-crop", crop, "--count", "300", "--json"];
      return JSON.parse(await start("evaluate", join(run, "teacher"), ...WASM, ...args)).models[0].confusion;
    }),
  );
  expect(middle).not.toEqual(whole);
  const table = await start("evaluate", run, ...WASM);
  for (const name of classNames) expect(table).toContain(name);
  await expect(start("evaluate", join(out, "none"))).rejects.toThrow("expected the folder of a run");
});

test("data counts pictures by class and split, and draws contact sheets", async () => {
  const folder = await emptyFolder();
  const drawn = ["data", "--count", "100", "--image-size", "24", "--per-class", "3"];
  const { classes } = JSON.parse(await start(...drawn, "--json"));
  expect(classes.reduce((sum: number, { training }: { training: number }) => sum + training, 0)).toBe(90);
  const png = join(folder, "sheet.png");
  expect(await start(...drawn, "--sheet", png)).toContain(png);
  expect(await sharp(png).metadata()).toMatchObject({ width: 3 * 100 + 4, height: 5 * 100 + 4 });
  await start(...drawn, "--sheet", join(folder, "sheet.html"));
  const html = await readFile(join(folder, "sheet.html"), "utf8");
  expect(html.match(/<img src="data:image\/png;base64,[^"]+" alt="\w+">/g)).toHaveLength(15);
  await expect(start(...drawn, "--sheet", join(folder, "sheet.gif"))).rejects.toThrow(".png or .html");
});

test("report writes the same report again", async () => {
  const before = await readFile(join(run, "report.html"), "utf8");
  for (const part of ["Learning rate", "predicted as", "distillation token"]) expect(before).toContain(part);
  await rm(join(run, "report.html"));
  await start("report", run, ...WASM);
  expect(await readFile(join(run, "report.html"), "utf8")).toBe(before);
  await expect(start("report", out)).rejects.toThrow("expected the folder of a finished run");
});

test("teacher is the first part of a run, whose students are then trained as in one piece", async () => {
  const folder = await emptyFolder();
  const logits = ["--view-epochs", "1", "--store-logits", join(folder, "logits")];
  const text = await start(
    "teacher",
    "--preset",
    "tiny",
    ...WASM,
    ...logits,
    "--out",
    folder,
    "--name",
    "run",
  );
  expect(text).toContain("teacher  logits of views  90/90");
  const again = await start("teacher", "--resume", join(folder, "run"));
  expect(again).toContain("teacher  logits of views  90/90");
  expect(again).not.toContain("teacher  epoch");
  expect((await readdir(join(folder, "run"))).sort()).toEqual([
    "data.json",
    "log",
    "resume",
    "settings.json",
    "teacher",
    "tensorboard",
  ]);
  const whole = join(out, "in-one");
  await start("train", "--preset", "tiny", ...WASM, "--view-epochs", "1", "--out", out, "--name", "in-one");
  const students = await start("train", "--resume", join(folder, "run"));
  expect(students).not.toContain("teacher  epoch");
  for (const student of ["student-alone", "student-distilled"]) {
    const [one, two] = [whole, join(folder, "run")].map((path) =>
      readFile(join(path, student, "weights.bin")),
    );
    expect(await one).toEqual(await two);
  }
});

const chromium = findChromium();
if (chromium === undefined)
  process.stderr.write("the report is not opened in a browser: no chromium on the PATH (or set CHROMIUM)\n");

// REPORT_SCREENSHOTS: a folder that the screenshots are left in, to be looked at.
test.runIf(chromium !== undefined)(
  "the report fits a phone and a wide screen, by day and by night",
  async () => {
    const html = await readFile(join(run, "report.html"), "utf8");
    for (const look of await lookAtPage(chromium!, html, [360, 1280], process.env.REPORT_SCREENSHOTS)) {
      expect(look.scrollWidth, `at ${look.width}`).toBeLessThanOrEqual(look.width);
      expect(look.images).toBeGreaterThan(4);
      expect(look).toMatchObject({ broken: 0, unnamed: 0 });
      expect(look.brightness.light).toBeGreaterThan(200);
      expect(look.brightness.dark).toBeLessThan(80);
    }
  },
);
