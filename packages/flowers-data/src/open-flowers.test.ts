import { stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { create, Header } from "tar";
import { beforeAll, describe, expect, test } from "vitest";
import { folderOf, smallSet } from "../test/pictures.ts";
import { openFlowers } from "./index.ts";

/** An archive of one entry with a name and type of its own, as a hostile one may have. */
function archiveOf(path: string, type: "File" | "SymbolicLink" | "Link", linkpath?: string): Buffer {
  const block = Buffer.alloc(512);
  new Header({ path, type, size: 0, mode: 0o644, mtime: new Date(0), ...(linkpath && { linkpath }) }).encode(
    block,
  );
  return gzipSync(Buffer.concat([block, Buffer.alloc(1024)]));
}

describe("openFlowers", () => {
  let set: Record<string, Uint8Array>;
  beforeAll(async () => {
    set = await smallSet();
  });

  test("gives the same store for a folder, the folder above it and archives of it", async () => {
    const root = await folderOf(set);
    await create({ cwd: root, file: join(root, "a.tgz"), gzip: true }, ["photos"]);
    await create({ cwd: root, file: join(root, "a.tar") }, ["photos"]);
    const [inner, tgz, plain] = await Promise.all(
      ["photos", "a.tgz", "a.tar"].map((p) => openFlowers(join(root, p))),
    );
    expect(inner!.keys).toEqual(["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg"]);
    expect([...inner!.labels]).toEqual([0, 0, 1, 1]);
    expect(inner!.classNames).toEqual(["a", "b"]);
    expect(Buffer.from(inner!.bytesOf(1))).toEqual(Buffer.from(set["photos/a/2.jpg"]!));
    expect((await openFlowers(root)).keys).toEqual(inner!.keys);
    for (const other of [tgz!, plain!]) {
      expect(other.keys).toEqual(inner!.keys);
      expect(Buffer.from(other.bytes)).toEqual(Buffer.from(inner!.bytes));
    }
  });

  test("labels the five flowers in TensorFlow Datasets' order", async () => {
    const files = ["roses", "tulips", "daisy", "dandelion", "sunflowers"].flatMap((name) => [
      [`${name}/1.jpg`, "x"],
      [`${name}/2.jpg`, "y"],
    ]);
    const store = await openFlowers(await folderOf(Object.fromEntries(files)));
    expect(store.classNames).toEqual(["dandelion", "daisy", "tulips", "sunflowers", "roses"]);
    expect(store.keys[0]).toBe("dandelion/1.jpg");
  });

  test("refuses what is absent, no archive, or cut short", async () => {
    const root = await folderOf({ ...set, "no.tgz": "hello, this is no archive at all".repeat(40) });
    await expect(openFlowers(join(root, "absent.tgz"))).rejects.toThrow(
      "absent.tgz: expected an archive or a folder",
    );
    await expect(openFlowers(join(root, "no.tgz"))).rejects.toThrow(
      "no.tgz: expected a tar archive (.tgz, .tar.gz, .tar)",
    );
    for (const [name, gzip] of [["cut.tgz", true] as const, ["cut.tar", false] as const]) {
      await create({ cwd: root, file: join(root, name), gzip }, ["photos"]);
      const { size } = await stat(join(root, name));
      await truncate(join(root, name), Math.floor(size * 0.7));
      await expect(openFlowers(join(root, name))).rejects.toThrow(`${name}: expected a whole archive`);
    }
    await writeFile(join(root, "empty.tgz"), "");
    await expect(openFlowers(join(root, "empty.tgz"))).rejects.toThrow("empty.tgz: expected ");
  });

  test.each([
    ["../../evil.jpg", "File", undefined],
    ["/etc/evil.jpg", "File", undefined],
    ["photos/a/link.jpg", "SymbolicLink", "/etc/passwd"],
    ["photos/a/hard.jpg", "Link", "../../secret"],
  ] as const)("refuses an archive with %s (%s)", async (path, type, linkpath) => {
    const root = await folderOf({ "bad.tgz": archiveOf(path, type, linkpath) });
    await expect(openFlowers(join(root, "bad.tgz"))).rejects.toThrow(
      `bad.tgz: expected only files inside the archive's folder, got ${type} '${path}'`,
    );
  });

  test("refuses an archive with more than it may hold", async () => {
    const root = await folderOf(set);
    await create({ cwd: root, file: join(root, "a.tgz"), gzip: true }, ["photos"]);
    await expect(openFlowers(join(root, "a.tgz"), { maxBytes: 500 })).rejects.toThrow(
      "expected at most 500 bytes of pictures, got more",
    );
  });

  test("does not follow links in a folder", async () => {
    const root = await folderOf(set);
    await symlink(join(root, "photos/a/1.jpg"), join(root, "photos/a/3.jpg"));
    expect((await openFlowers(root)).size).toBe(4);
  });

  test("refuses empty classes, classes with one picture and no class at all, in folders and archives", async () => {
    const cases = [
      [
        { ...set, "photos/c/": "" },
        "class 'c': expected at least 2 pictures, to train and to validate, got an empty folder",
      ],
      [
        { ...set, "photos/c/1.jpg": "x" },
        "class 'c': expected at least 2 pictures, to train and to validate, got 1",
      ],
      [{ "photos/a.jpg": "x" }, "expected folders of pictures, one a class"],
      [{ "photos/notes.txt": "x" }, "expected folders of pictures, one a class"],
    ] as const;
    for (const [files, message] of cases) {
      const root = await folderOf(files as Record<string, string>);
      await create({ cwd: root, file: join(root, "x.tgz"), gzip: true }, ["photos"]);
      await expect(openFlowers(join(root, "photos"))).rejects.toThrow(message);
      if (!("photos/a.jpg" in files)) await expect(openFlowers(join(root, "x.tgz"))).rejects.toThrow(message);
    }
  });
});
