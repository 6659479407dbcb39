import { execFile } from "node:child_process";
import { stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { create, Header } from "tar";
import { folderOf } from "test-kit";
import { smallSet } from "test-kit/pictures";
import { beforeAll, describe, expect, test } from "vitest";
import { openImages, splitStore } from "../../node.ts";

/** An archive of one entry with a name and type of its own, as a hostile one may have. */
function archiveOf(path: string, type: "File" | "SymbolicLink" | "Link", linkpath?: string): Buffer {
  const block = Buffer.alloc(512);
  new Header({ path, type, size: 0, mode: 0o644, mtime: new Date(0), ...(linkpath && { linkpath }) }).encode(
    block,
  );
  return gzipSync(Buffer.concat([block, Buffer.alloc(1024)]));
}

describe("openImages", () => {
  let set: Record<string, Uint8Array>;
  beforeAll(async () => {
    set = await smallSet();
  });

  test("gives the same store for a folder, the folder above it and archives of it", async () => {
    const root = await folderOf(set);
    await create({ cwd: root, file: join(root, "a.tgz"), gzip: true }, ["photos"]);
    await create({ cwd: root, file: join(root, "a.tar") }, ["photos"]);
    const [inner, tgz, plain] = await Promise.all(
      ["photos", "a.tgz", "a.tar"].map((p) => openImages(join(root, p))),
    );
    expect(inner!.keys).toEqual(["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg"]);
    expect([...inner!.labels]).toEqual([0, 0, 1, 1]);
    expect(inner!.classNames).toEqual(["a", "b"]);
    expect(Buffer.from(inner!.bytesOf(1))).toEqual(Buffer.from(set["photos/a/2.jpg"]!));
    expect((await openImages(root)).keys).toEqual(inner!.keys);
    for (const other of [tgz!, plain!]) {
      expect(other.keys).toEqual(inner!.keys);
      expect(Buffer.from(other.bytes)).toEqual(Buffer.from(inner!.bytes));
    }
  });

  test("labels classes by the alphabet, or in the order that is asked for", async () => {
    const root = await folderOf(set);
    const reversed = (folders: readonly string[]) => [...folders].reverse();
    const store = await openImages(root, { labelOrder: reversed });
    expect(store.classNames).toEqual(["b", "a"]);
    expect(store.keys).toEqual(["b/1.jpg", "b/2.jpg", "a/1.jpg", "a/2.jpg"]);
    expect([...store.labels]).toEqual([0, 0, 1, 1]);
    await expect(openImages(root, { labelOrder: () => ["a", "c"] })).rejects.toThrow(
      "expected a label order of the classes 'a', 'b', got 'a', 'c'",
    );
    await expect(openImages(root, { labelOrder: () => ["a", "a"] })).rejects.toThrow("got 'a', 'a'");
  });

  test("refuses what is absent, no archive, or cut short", async () => {
    const root = await folderOf({ ...set, "no.tgz": "hello, this is no archive at all".repeat(40) });
    await expect(openImages(join(root, "absent.tgz"))).rejects.toThrow(
      "absent.tgz: expected an archive or a folder",
    );
    await expect(openImages(join(root, "no.tgz"))).rejects.toThrow(
      "no.tgz: expected a tar archive (.tgz, .tar.gz, .tar)",
    );
    for (const [name, gzip] of [["cut.tgz", true] as const, ["cut.tar", false] as const]) {
      await create({ cwd: root, file: join(root, name), gzip }, ["photos"]);
      const { size } = await stat(join(root, name));
      await truncate(join(root, name), Math.floor(size * 0.7));
      await expect(openImages(join(root, name))).rejects.toThrow(`${name}: expected a whole archive`);
    }
    await writeFile(join(root, "empty.tgz"), "");
    await expect(openImages(join(root, "empty.tgz"))).rejects.toThrow("empty.tgz: expected ");
  });

  test.each(["../../evil.jpg", "/etc/evil.jpg"])("refuses an archive with %s", async (path) => {
    const root = await folderOf({ "bad.tgz": archiveOf(path, "File") });
    await expect(openImages(join(root, "bad.tgz"))).rejects.toThrow(
      `bad.tgz: expected paths inside the archive, got File '${path}'`,
    );
  });

  test.each([
    ["SymbolicLink", "/etc/passwd"],
    ["Link", "../../secret"],
  ] as const)("does not follow a %s out of an archive", async (type, target) => {
    const root = await folderOf({ "bad.tgz": archiveOf("photos/a/x.jpg", type, target) });
    await expect(openImages(join(root, "bad.tgz"))).rejects.toThrow(
      "class 'a': expected pictures, got an empty",
    );
  });

  test("refuses an archive with more than it may hold", async () => {
    const root = await folderOf(set);
    await create({ cwd: root, file: join(root, "a.tgz"), gzip: true }, ["photos"]);
    await expect(openImages(join(root, "a.tgz"), { maxBytes: 500 })).rejects.toThrow(
      "expected at most 500 bytes of pictures, got more",
    );
  });

  test("refuses empty classes and no class at all, in folders and archives", async () => {
    const cases = [
      [{ ...set, "photos/c/": "" }, "class 'c': expected pictures, got an empty folder"],
      [{ ...set, "photos/c/1.heic": "x" }, "class 'c': expected pictures (.jpg, .jpeg, .png, .webp, .gif,"],
      [{ "photos/a.jpg": "x" }, "expected folders of pictures, one a class"],
      [{ "photos/notes.txt": "x" }, "expected folders of pictures, one a class"],
    ] as const;
    for (const [files, message] of cases) {
      const root = await folderOf(files as Record<string, string>);
      await create({ cwd: root, file: join(root, "x.tgz"), gzip: true }, ["photos"]);
      await expect(openImages(join(root, "photos"))).rejects.toThrow(message);
      // An archive says nothing of the folder that it was made of: here the only class.
      if ("photos/b/1.jpg" in files) await expect(openImages(join(root, "x.tgz"))).rejects.toThrow(message);
    }
  });

  test("refuses what is neither a file nor a folder, at once", async () => {
    const root = await folderOf({});
    await promisify(execFile)("mkfifo", [join(root, "pipe")]);
    await expect(openImages(join(root, "pipe"))).rejects.toThrow(
      "pipe: expected an archive or a folder of class folders, got a pipe",
    );
    await expect(openImages("/dev/null")).rejects.toThrow("got a device");
  });

  test("stops when it is told to", async () => {
    const root = await folderOf(set);
    await create({ cwd: root, file: join(root, "a.tgz"), gzip: true }, ["photos"]);
    for (const name of ["photos", "a.tgz"]) {
      const stop = new AbortController();
      const opening = openImages(join(root, name), { signal: stop.signal });
      stop.abort(new Error("enough"));
      await expect(opening, name).rejects.toThrow("enough");
    }
  });

  test("refuses a small archive that unpacks to far more than pictures could", async () => {
    const block = Uint8Array.from({ length: 1000 }, (_, i) => (i * i * 7919) >> 5);
    const bytes = Buffer.alloc(150 * 2 ** 20, block);
    const root = await folderOf({ "a/1.jpg": bytes, "a/2.jpg": bytes, "b/1.jpg": "" });
    await create({ cwd: root, file: join(root, "bomb.tgz"), gzip: true }, ["a", "b"]);
    await expect(openImages(join(root, "bomb.tgz"))).rejects.toThrow(
      /expected at most 268435456 bytes unpacked from \d+, got more/,
    );
    await expect(openImages(root, { maxFileBytes: 10 })).rejects.toThrow(
      /'a\/[12].jpg': expected at most 10 bytes, got/,
    );
    await expect(openImages(root, { maxBytes: 2 ** 20 })).rejects.toThrow(
      "expected at most 1048576 bytes of pictures, got more",
    );
  });

  test("says that a zip archive is one", async () => {
    const root = await folderOf({ "a.zip": Buffer.from("504b0304140000000000", "hex") });
    await expect(openImages(join(root, "a.zip"))).rejects.toThrow(
      "got a zip archive; unpack it and give the folder",
    );
  });

  test("refuses unknown options", async () => {
    await expect(openImages("x", { maxByte: 1 } as object)).rejects.toThrow(
      "unknown option 'maxByte'; did you mean 'maxBytes'?",
    );
  });
});

describe("splitStore", () => {
  test("names the class that has too few pictures, and the only one", async () => {
    const set = await smallSet();
    const few = await openImages(await folderOf({ ...set, "photos/c/1.jpg": "x" }));
    expect(() => splitStore(few)).toThrow(
      "class 'c': expected at least 2 pictures, to train and to validate, got 1",
    );
    const one = await openImages(await folderOf({ "cats/1.jpg": "x", "cats/2.jpg": "y" }));
    expect(() => splitStore(one)).toThrow("splitStore: expected at least 2 classes, got one, 'cats'");
  });

  test("holds one picture of each class out where a tenth is fewer", async () => {
    const { train, validation } = splitStore(await openImages(await folderOf(await smallSet())));
    expect([...train.labels].sort()).toEqual([0, 1]);
    expect([...validation.labels].sort()).toEqual([0, 1]);
  });
});
