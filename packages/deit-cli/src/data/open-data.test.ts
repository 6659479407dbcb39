import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { emptyFolder } from "test-kit";
import { describe, expect, test } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { openData } from "./open-data.ts";

/** A folder with a number of pictures per class; `others` are text files. */
async function folderOf(classes: Readonly<Record<string, number>>, others: readonly string[] = []) {
  const root = await emptyFolder();
  const red = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  const write = async (name: string, data: Uint8Array | string) => {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), data);
  };
  for (const [name, count] of Object.entries(classes))
    for (let i = 0; i < count; i++) await write(`${name}/${i}.png`, red);
  for (const name of others) await write(name, "no picture");
  return root;
}

function open(data: string, options: object = {}, signal?: AbortSignal) {
  const output = recorder();
  return { output, data: openData(settingsOf({ data, ...options }), output, signal) };
}

describe("openData", () => {
  test("reports what is left out, with the reason", async () => {
    const root = await folderOf({ cats: 20, dogs: 20 }, [
      "cats/notes.txt",
      "dogs/a.bmp",
      "cover.png",
      ".cache/a.png",
    ]);
    await symlink("/etc/hostname", join(root, "cats/out.png"));
    const { output, data } = open(root);
    expect((await data).notes).toEqual([
      "left out: 1 hidden file or folder, such as '.cache'",
      "left out: 1 link that leads out of it or to nothing, such as 'cats/out.png'",
      "left out: 1 picture of a format that is not read, such as 'dogs/a.bmp'",
      "left out: 1 file that is not a picture, such as 'cats/notes.txt'",
      "left out: 1 picture outside a class folder, such as 'cover.png'",
    ]);
    for (const note of (await data).notes) expect(output.text()).toContain(`${note}\n`);
  });

  test("holds out each class' share, the same pictures whatever the seed", async () => {
    const root = await folderOf({ cats: 30, dogs: 10 });
    const [one, two] = await Promise.all([open(root, { seed: 1 }).data, open(root, { seed: 2 }).data]);
    expect([...one.validation.labels].sort()).toEqual([0, 0, 0, 1]);
    expect(two.validation.keys).toEqual(one.validation.keys);
    expect([one.upright, one.all.size]).toEqual([true, 40]);
  });

  test("warns of a class that has no held-out picture", async () => {
    const { data } = open(await folderOf({ cats: 98, dogs: 2 }));
    expect((await data).notes).toEqual(["class 'dogs' has no held-out picture: it is not judged"]);
  });

  test("refuses a class of which no picture decodes, where those are skipped", async () => {
    const broken = Array.from({ length: 10 }, (_, i) => `dogs/${i}.png`);
    const root = await folderOf({ cats: 10 }, broken);
    await expect(open(root, { skipBadImages: true }).data).rejects.toThrow(
      /^--skip-bad-images: class 'dogs': expected a picture that decodes to train on, got none: dogs\/\d\.png: /,
    );
    await expect(open(root).data).resolves.toBeDefined(); // the training then names the first
  });

  test("refuses the only class by its name", async () => {
    await expect(open(await folderOf({ cats: 10 })).data).rejects.toThrow(
      "expected at least 2 classes, got one, 'cats'",
    );
  });

  test("stops by its signal, drawing, reading or downloading", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(open(await folderOf({ cats: 10, dogs: 10 }), {}, signal).data).rejects.toThrow("enough");
    const stop = new AbortController();
    const drawing = openData(
      settingsOf({ count: 5000, imageSize: 224, patchSize: 16 }),
      recorder(),
      stop.signal,
    );
    setTimeout(() => stop.abort(new Error("enough")), 300);
    await expect(drawing).rejects.toThrow("enough");
    const cache = await emptyFolder();
    await expect(openData(settingsOf({ download: true, cache }), recorder(), signal)).rejects.toThrow(
      "enough",
    );
  });
});
