import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { proceduralFlowers } from "flowers-data/node";
import { emptyFolder } from "test-kit";
import { expect, test } from "vitest";
import { attentionTargets } from "../attention/attention-files.ts";
import { requireSheetPath, writeContactSheet } from "../data/write-contact-sheet.ts";
import { requireOwnOutput } from "./own-output.ts";
import { pngBytes, writePng } from "./write-png.ts";

const image = { data: new Uint8Array(8 * 8 * 3).fill(90), width: 8, height: 8 };

test("no photo is replaced by a drawing: neither the one that is drawn nor another", async () => {
  const folder = await emptyFolder();
  const [one, other] = [join(folder, "one.png"), join(folder, "other.png")];
  for (const path of [one, other]) await writePng(path, image);
  const before = await readFile(one);
  await expect(attentionTargets([one], one)).rejects.toThrow(
    `--attention: expected a file that is not a photo of the command line, got '${one}'`,
  );
  await expect(attentionTargets([one], folder)).rejects.toThrow(
    `not a photo of the command line, got '${one}'`,
  );
  await expect(attentionTargets([one], other)).rejects.toThrow(
    `--attention: expected a new file, or a 'deit-cli attention' of this program's to replace, got '${other}', which is neither`,
  );
  expect(await readFile(one)).toEqual(before);
});

test("a file below another file is refused before anything is made, a new folder is not", async () => {
  const folder = await emptyFolder();
  const file = join(folder, "a.txt");
  await writeFile(file, "mine");
  for (const inner of ["x.csv", "new/x.csv"])
    await expect(requireOwnOutput("--output", join(file, inner), undefined)).rejects.toThrow(
      /^--output: expected a folder that can be written to, got '.*a\.txt.*': .*a\.txt: it is no folder$/,
    );
  await requireOwnOutput("--output", join(folder, "new/er/x.csv"), undefined);
  expect(await readdir(folder)).toEqual(["a.txt"]);
});

test("a drawing is replaced by a new one, but never while it is itself the photo, nor by another kind", async () => {
  const folder = await emptyFolder();
  const [photo, drawn] = [join(folder, "photo.png"), join(folder, "drawn", "photo.png")];
  await writePng(photo, image);
  await writePng(drawn, image, "deit-cli attention");
  expect(await attentionTargets([photo], join(folder, "drawn"))).toEqual([drawn]);
  await expect(attentionTargets([drawn], join(folder, "drawn"))).rejects.toThrow(
    "not a photo of the command line",
  );
  await expect(requireSheetPath(drawn)).rejects.toThrow("which is neither");
});

test("each photo has a drawing of its own, whatever the photos are called", async () => {
  const folder = await emptyFolder();
  const photos = ["a/x.png", "a/x-2.png", "b/x.png", "b/X.jpg"].map((name) => join(folder, name));
  for (const name of ["a", "b"]) await mkdir(join(folder, name));
  for (const path of photos) await writeFile(path, await pngBytes(image));
  const targets = await attentionTargets(photos, join(folder, "drawn"));
  expect(targets).toEqual(["x", "x-2", "x-3", "X-4"].map((name) => join(folder, "drawn", `${name}.png`)));
});

test("a contact sheet replaces an earlier sheet and nothing else", async () => {
  const folder = await emptyFolder();
  const store = await proceduralFlowers({ count: 50, size: 8, seed: 1 });
  for (const name of ["sheet.png", "sheet.html"]) {
    const path = join(folder, name);
    const write = (): Promise<void> => writeContactSheet(store, path, { perClass: 1, onBad: "throw" });
    await write();
    await write();
    await writeFile(path, "mine");
    await expect(write()).rejects.toThrow(`--sheet: expected a new file, or a 'deit-cli contact sheet'`);
    expect(await readFile(path, "utf8")).toBe("mine");
  }
  expect((await readdir(folder)).sort()).toEqual(["sheet.html", "sheet.png"]);
});
