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
  test("refuses more folds than a class has pictures, by the option", async () => {
    const { data, ...rest } = settingsOf({ preset: "tiny", folds: 500 });
    await expect(openData({ ...rest, data: { ...data, fold: 1 } }, recorder())).rejects.toThrow(
      /^--folds: stratifiedFolds: folds must be at most the samples of the largest class, \d+, got 500$/,
    );
  });

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
      "left out: 1 BMP picture, such as 'dogs/a.bmp': BMP is not read; convert it, for instance with 'magick mogrify -format png *.bmp'",
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

  test("draws further held-out pictures beside those of the split, and trains on the same ones", async () => {
    const drawn = (options: object) => openData(settingsOf({ preset: "tiny", ...options }), recorder());
    const [few, many] = await Promise.all([drawn({}), drawn({ heldOut: 40 })]);
    expect([few.train.size, few.validation.size, few.judgedByEpoch]).toEqual([90, 10, 10]);
    expect([many.train.size, many.validation.size, many.judgedByEpoch]).toEqual([90, 40, 10]);
    expect(many.train.keys).toEqual(few.train.keys);
    expect(many.validation.keys.slice(0, 10)).toEqual(few.validation.keys);
    expect(many.train.bytesOf(7)).toEqual(few.train.bytesOf(7));
    expect(many.description).toBe("130 drawn flowers, 5 classes: 90 to train on, 40 held out.");
    const others = await drawn({ seed: 1, dataSeed: 42 });
    expect(others.train.bytesOf(7)).toEqual(few.train.bytesOf(7));
    expect((await drawn({ seed: 1 })).train.bytesOf(7)).not.toEqual(few.train.bytesOf(7));
  });

  test("holds out each training picture in one fold, by the seed, and the held-out ones in none", async () => {
    const base = settingsOf({ preset: "tiny", folds: 4 });
    const fold = (n: number, seed = 42) =>
      openData(
        { ...base, run: { ...base.run, seed }, data: { ...base.data, fold: n, seed: 42 } },
        recorder(),
      );
    const whole = await openData(settingsOf({ preset: "tiny" }), recorder());
    const folds = await Promise.all([1, 2, 3, 4].map((n) => fold(n)));
    const heldOut = folds.flatMap(({ validation }) => validation.keys);
    expect(heldOut.toSorted()).toEqual(whole.train.keys.toSorted());
    for (const { train, validation } of folds) {
      expect([...train.keys, ...validation.keys].sort()).toEqual(whole.train.keys.toSorted());
    }
    expect(folds[1]!.description).toBe(
      "100 drawn flowers, 5 classes: 67 to train on, 23 held out (fold 2 of 4).",
    );
    expect((await fold(1, 7)).validation.keys).not.toEqual(folds[0]!.validation.keys);
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

  test("decodes pictures without a label before anything learns, and leaves bad ones out", async () => {
    const root = await folderOf({ cats: 10, dogs: 10 });
    const blue = await sharp({ create: { width: 9, height: 8, channels: 3, background: "blue" } })
      .png()
      .toBuffer();
    const more = await emptyFolder();
    await writeFile(join(more, "a.png"), "no picture");
    await expect(open(root, { unlabeled: more }).data).rejects.toThrow(
      "unlabeled/a.png: expected a picture that decodes, got: ",
    );
    await expect(open(root, { unlabeled: more, skipBadImages: true }).data).rejects.toThrow(
      `${more}: expected a picture that decodes to train on, got none: unlabeled/a.png: expected a picture that decodes, got: `,
    );
    for (const name of ["b.png", "c.png"]) await writeFile(join(more, name), blue);
    await expect(open(root, { unlabeled: more }).data).rejects.toThrow("a.png: expected a picture");
    const { train, labeled, notes, description } = await open(root, { unlabeled: more, skipBadImages: true })
      .data;
    expect(description).toContain("18 labeled and 2 unlabeled to train on, 2 held out");
    expect([train.size, labeled.size]).toEqual([20, 18]);
    expect(train.keys.slice(18)).toEqual(["unlabeled/b.png", "unlabeled/c.png"]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(
      /^--unlabeled: left out: 1 picture that does not decode, such as unlabeled\/a\.png: /,
    );
  });

  test("a picture whose label is hidden must decode too, before anything learns", async () => {
    const root = await folderOf({ cats: 10, dogs: 10 });
    const labels = { labels: "2/class" };
    const { train } = await open(root, labels).data;
    const hidden = train.keys[train.labels.indexOf(-1)]!;
    await writeFile(join(root, hidden), "no picture");
    await expect(open(root, labels).data).rejects.toThrow(
      `${hidden}: expected a picture that decodes, got: `,
    );
    const { description } = await open(root, { ...labels, skipBadImages: true }).data; // training leaves it out
    expect(description).toContain("4 labeled and 14 unlabeled to train on, 2 held out");
    const { validation } = await open(root).data; // whose label is there
    expect(validation.size).toBe(2);
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
