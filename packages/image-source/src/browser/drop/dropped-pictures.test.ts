// Folders dropped on a page in Chromium, from the disk and from its own file system, beside what Node opens.

import sharp from "sharp";
import { folderOf } from "test-kit";
import { findChromium } from "test-kit/browser";
import { jpeg } from "test-kit/pictures";
import { beforeEach, describe, expect, test } from "vitest";
import type { Drops, Summary } from "../../../test/browser/drops.ts";
import { openPage } from "../../../test/browser/open-page.ts";
import { openImages, type TreeNote } from "../../node.ts";
import { droppedPictures } from "./dropped-pictures.ts";

const PAGE = "<!doctype html><body style='height: 400px'><script type=module src=/page.js></script>";

describe.runIf(findChromium() !== undefined)("droppedPictures", async () => {
  const opened =
    findChromium() === undefined ? undefined : await openPage("drops.ts", { files: { "/": PAGE } });
  const page = opened?.page;
  beforeEach(async () => {
    await page!.reload();
  });

  /** Drops files and folders of the disk on the page, as the system does. */
  async function drop(paths: readonly string[]): Promise<Summary> {
    const session = await page!.context().newCDPSession(page!);
    const result = page!.evaluate(() => (globalThis as unknown as Drops).nextDrop());
    const data = { items: [], files: [...paths], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const)
      await session.send("Input.dispatchDragEvent", { type, x: 50, y: 50, data });
    return result;
  }

  /** Chooses a folder of the disk in an `<input webkitdirectory>`. */
  async function choose(path: string): Promise<Summary> {
    await page!.evaluate(() =>
      document.body.insertAdjacentHTML("beforeend", "<input type=file webkitdirectory>"),
    );
    await page!.setInputFiles("input", path);
    return page!.evaluate(() => (globalThis as unknown as Drops).ofInput());
  }

  function keep(name: string, files: Readonly<Record<string, Uint8Array>>): Promise<Summary> {
    const texts = Object.fromEntries(
      Object.entries(files).map(([path, data]) => [path, Buffer.from(data).toString("base64")]),
    );
    return page!.evaluate(([top, all]) => (globalThis as unknown as Drops).ofPrivateFolder(top, all), [
      name,
      texts,
    ] as const);
  }

  async function tree(): Promise<Record<string, Uint8Array>> {
    const [one, two] = [await jpeg(20), await jpeg(200, "rgb", 20)];
    const many = Array.from({ length: 230 }, (_, i) => [`flowers/many/${i}.jpg`, one] as const); // a reader gives 100
    return {
      "flowers/cats/2020/1.JPG": two,
      "flowers/cats/0.png": await sharp(one).png().toBuffer(),
      "flowers/dogs/1.webp": await sharp(one).webp().toBuffer(),
      "flowers/dogs/2020/2.jpeg": one,
      "flowers/dogs/.DS_Store": Buffer.from("hidden"),
      "flowers/dogs/notes.txt": Buffer.from("notes"),
      "flowers/dogs/3.heic": Buffer.from("no photo"),
      "flowers/__MACOSX/cats/._1.jpg": Buffer.from("hidden"),
      "flowers/readme.md": Buffer.from("other"),
      ...Object.fromEntries(many),
    };
  }

  test.each(["drop", "drop, by handles", "<input webkitdirectory>", "FileSystemDirectoryHandle"])(
    "finds the classes, pictures and notes of openImages: %s",
    async (way) => {
      const files = await tree();
      const root = await folderOf(files);
      const notes: TreeNote[] = [];
      const store = await openImages(root, { onNote: (note) => notes.push(note) });
      if (way === "drop, by handles") {
        await page!.evaluate(() => {
          Object.defineProperty(DataTransferItem.prototype, "webkitGetAsEntry", { value: undefined });
        });
      }
      const below = (path: string) => path.replace(/^flowers\//, "");
      const inner = Object.fromEntries(Object.entries(files).map(([path, data]) => [below(path), data]));
      let found: Summary;
      if (way === "<input webkitdirectory>") found = await choose(`${root}/flowers`);
      else if (way === "FileSystemDirectoryHandle") found = await keep("flowers", inner);
      else found = await drop([`${root}/flowers`]);
      expect(found.error).toBeUndefined();
      expect(found.classNames).toEqual(store.classNames);
      expect(found.classNames).toEqual(["cats", "dogs", "many"]);
      expect(found.pictures.map(([path]) => below(path))).toEqual(store.keys);
      expect(found.pictures.map(([, name]) => name)).toEqual(
        Array.from(store.labels, (label) => store.classNames[label]),
      );
      expect(found.pictures.map(([path, , size]) => [path, size])).toEqual(
        found.pictures.map(([path]) => [path, files[path]!.length]),
      );
      // Chromium leaves hidden files out of what an <input> has, but for macOS's own.
      const ours = notes.map(({ text }) => text.replace(/; convert it.+/, "; save it as JPEG or PNG"));
      const isHidden = (text: string) => text.includes("hidden");
      expect(found.notes.filter((text) => !isHidden(text))).toEqual(ours.filter((text) => !isHidden(text)));
      expect(found.notes.filter(isHidden).length).toBe(1);
    },
  );

  test("has no classes for a flat drop, and keeps pictures outside of class folders without one", async () => {
    const picture = await jpeg(9);
    const root = await folderOf({
      "b.jpg": picture,
      "a.gif": picture,
      "cats/1.jpg": picture,
      "empty/x.txt": "",
    });
    expect(await drop([`${root}/b.jpg`, `${root}/a.gif`])).toEqual({
      classNames: [],
      pictures: [
        ["a.gif", null, picture.length],
        ["b.jpg", null, picture.length],
      ],
      notes: [],
    });
    expect(await drop(["b.jpg", "cats", "empty"].map((name) => `${root}/${name}`))).toEqual({
      classNames: ["cats"],
      pictures: [
        ["cats/1.jpg", "cats", picture.length],
        ["b.jpg", null, picture.length],
      ],
      notes: [
        "left out: 1 file that is not a picture, such as 'empty/x.txt'",
        "without a class: 1 picture outside a class folder, such as 'b.jpg'",
        "left out: 1 folder without pictures, such as 'empty'",
      ],
    });
  });

  test("takes files that a script puts together, and the root of a private file system", async () => {
    const base64 = (await jpeg(9)).toString("base64");
    const made = await page!.evaluate(
      (text) => (globalThis as unknown as Drops).ofTransfer({ "1.jpg": text, "2.txt": text }, ["a text"]),
      base64,
    );
    expect(made.pictures.map(([path, name]) => [path, name])).toEqual([["1.jpg", null]]);
    expect(made.notes).toEqual(["left out: 1 file that is not a picture, such as '2.txt'"]);
    const kept = await keep("", { "cats/1.jpg": await jpeg(9), "dogs/e\u0301.jpg": await jpeg(9) });
    expect(kept.pictures.filter(([path]) => /^(cats|dogs)/.test(path)).map(([path]) => path)).toEqual([
      "cats/1.jpg",
      "dogs/\u00e9.jpg",
    ]);
    expect(kept.notes.at(-1)).toMatch(/^spelled in Unicode's composed form/);
  });

  test("leaves out formats that this browser does not read, and keeps two files of one name", async () => {
    const found = await page!.evaluate(() =>
      (globalThis as unknown as Drops).ofFiles(["1.jpg", "1.jpg", "2.tiff", "3.svg", "4.bmp", "5.heic"]),
    );
    expect(found.pictures.map(([path]) => path)).toEqual(["1.jpg", "1.jpg", "4.bmp"]);
    expect(found.notes).toEqual(
      [
        "HEIC picture, such as '5.heic': HEIC",
        "SVG picture, such as '3.svg': SVG",
        "TIFF picture, such as '2.tiff': TIFF",
      ].map((text) => `left out: 1 ${text} is not read; save it as JPEG or PNG`),
    );
  });

  test("refuses drops without files, and parts of a split", async () => {
    const text = await page!.evaluate(() => (globalThis as unknown as Drops).ofTransfer({}, ["a text"]));
    expect(text.error).toBe(
      "droppedPictures: expected files or folders, got a drop without any, such as of a text",
    );
    const parts = await keep("split", { "train/cats/1.jpg": await jpeg(9), "val/cats/2.jpg": await jpeg(9) });
    expect(parts.error).toBe(
      "droppedPictures: expected a folder a class, got parts of a split ('train', 'val'); drop one of them",
    );
    await expect(droppedPictures([1] as never)).rejects.toThrow(
      "droppedPictures: input must be a DataTransfer, a FileList, an array of Files or a FileSystemDirectoryHandle, got [1]",
    );
  });
});
