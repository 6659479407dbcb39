// A folder and a tar archive of it are one tree read by one reader: what each of these gives, both give.

import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { create, Header } from "tar";
import { folderOf } from "test-kit";
import { describe, expect, test } from "vitest";
import { openImages, splitStore, type TreeNote } from "../../node.ts";

type Links = Readonly<Record<string, string>>;

/** The folder, the folder above it and an archive by two tars, all of the same files. */
async function sourcesOf(names: readonly string[], links: Links = {}): Promise<string[]> {
  const root = await folderOf(Object.fromEntries(names.map((name) => [`set/${name}`, `bytes of ${name}`])));
  for (const [name, target] of Object.entries(links)) {
    await mkdir(dirname(join(root, "set", name)), { recursive: true });
    await symlink(target, join(root, "set", name));
  }
  const outer = await folderOf({});
  await create({ cwd: root, file: join(outer, "set.tgz"), gzip: true }, ["set"]);
  await promisify(execFile)("tar", ["-cf", join(outer, "set.tar"), "-C", root, "set"]);
  return [join(root, "set"), root, join(outer, "set.tgz"), join(outer, "set.tar")];
}

async function read(path: string) {
  const notes: TreeNote[] = [];
  const store = await openImages(path, { onNote: (note) => notes.push(note) });
  const pictures = store.keys.map((key, i) => [
    key,
    store.labels[i],
    Buffer.from(store.bytesOf(i)).toString(),
  ]);
  return {
    classNames: store.classNames,
    pictures,
    notes: Object.fromEntries(notes.map(({ kind, count }) => [kind, count])),
  };
}

/** What all sources give: the same. */
async function same(names: readonly string[], links: Links = {}) {
  const [first, ...others] = await sourcesOf(names, links);
  const data = await read(first!);
  for (const other of others) expect(await read(other), other).toEqual(data);
  return { ...data, keys: data.pictures.map(([key]) => key) };
}

async function refusal(names: readonly string[]): Promise<string> {
  const messages: string[] = [];
  for (const path of await sourcesOf(names)) {
    const error = await openImages(path).then(
      () => undefined,
      (error: Error) => error,
    );
    messages.push(String(error?.message).replace(`${path}: `, "").replace("'set/", "'"));
  }
  expect(new Set(messages).size, messages.join("\n")).toBe(1);
  return messages[0]!;
}

const CATS = ["cats/1.png", "cats/2.png"];
const DOGS = ["dogs/1.png", "dogs/2.png"];

describe("a folder and archives of it", () => {
  test("take pictures in nested folders as their class'", async () => {
    const { classNames, keys } = await same([
      ...CATS,
      ...DOGS,
      "dogs/puppies/1.png",
      "dogs/puppies/old/3.png",
    ]);
    expect(classNames).toEqual(["cats", "dogs"]);
    expect(keys).toEqual([...CATS, ...DOGS, "dogs/puppies/1.png", "dogs/puppies/old/3.png"]);
  });

  test("leave out and count loose pictures, hidden files, other files and formats that are not read", async () => {
    const { keys, notes } = await same([
      ...[
        ...CATS,
        ...DOGS,
        "cover.png",
        "cats/.hidden.png",
        ".ipynb_checkpoints/1.png",
        ".ipynb_checkpoints/2.png",
      ],
      ...[
        "__MACOSX/cats/._1.png",
        "cats/notes.txt",
        "readme.md",
        "dogs/a.bmp",
        "dogs/b.bmp",
        "cats/.thumbs/1.png",
      ],
    ]);
    expect(keys).toEqual([...CATS, ...DOGS]);
    expect(notes).toEqual({ hidden: 4, other: 2, format: 2, loose: 1 });
  });

  test("follow links inside, and leave out and count the others", async () => {
    const { keys, pictures, notes } = await same([...CATS, ...DOGS, "dogs/puppies/1.png"], {
      "birds/1.png": "../cats/1.png",
      "birds/2.png": "../birds/1.png",
      pups: "dogs/puppies",
      "cats/self": "..",
      "cats/out.png": "../../../etc/1.png",
      "cats/gone.png": "nothing.png",
      "dogs/round.png": "round.png",
      "cats/absolute.png": "/etc/hostname",
    });
    expect(keys).toEqual([
      "birds/1.png",
      "birds/2.png",
      ...CATS,
      ...DOGS,
      "dogs/puppies/1.png",
      "pups/1.png",
    ]);
    expect(pictures[1]![2]).toBe("bytes of cats/1.png");
    expect(pictures.at(-1)![2]).toBe("bytes of dogs/puppies/1.png");
    expect(notes).toEqual({ link: 4, loop: 1 });
  });

  test("follow no link inside a linked folder, so that links cannot multiply", async () => {
    const { keys, notes } = await same([...CATS, ...DOGS], { "cats/to": "../dogs", "dogs/to": "../cats" });
    expect(keys).toEqual([
      ...CATS,
      "cats/to/1.png",
      "cats/to/2.png",
      ...DOGS,
      "dogs/to/1.png",
      "dogs/to/2.png",
    ]);
    expect(notes).toEqual({ loop: 2 });
  });

  test("refuse parts of a split in the place of classes", async () => {
    const parts = (...names: string[]) =>
      names.flatMap((name) => [...CATS, ...DOGS].map((file) => `${name}/${file}`));
    expect(await refusal(parts("train", "val"))).toContain("got parts of a split ('train', 'val')");
    expect(await refusal(parts("train", "test"))).toContain("got parts of a split ('test', 'train')");
    expect(await refusal(["train/1.png", "train/2.png", "test/1.png"])).toContain("parts of a split");
    expect((await same(parts("train"))).keys).toEqual([...CATS, ...DOGS]);
  });

  test("take nested folders of one name in several classes as each class' own, and say so", async () => {
    const years = ["cats/2020/1.png", "cats/2021/1.png", "dogs/2020/1.png", "dogs/2021/1.png"];
    const { classNames, pictures, notes } = await same(years);
    expect(classNames).toEqual(["cats", "dogs"]);
    expect(pictures).toEqual(years.map((key, i) => [key, Math.floor(i / 2), `bytes of ${key}`]));
    expect(notes).toEqual({ nested: 2 });
    expect((await same(["cats/2020/1.png", "dogs/2021/1.png"])).notes).toEqual({});
    expect((await same([...CATS, ...years])).notes).toEqual({});
  });

  test("have names in Unicode's composed form, and count those that had another", async () => {
    const { classNames, keys, notes } = await same(["cafe\u0301/1.png", "cafe\u0301/2.png", ...DOGS]);
    expect(classNames).toEqual(["caf\u00e9", "dogs"]);
    expect(keys[0]).toBe("caf\u00e9/1.png");
    expect(notes).toEqual({ renamed: 3 });
    expect(await refusal(["cafe\u0301/1.png", "caf\u00e9/1.png", ...DOGS])).toContain(
      "in two of Unicode's forms",
    );
  });
});

test("hard links in an archive are the files that they name", async () => {
  const root = await folderOf({ "cats/1.png": "one", "dogs/1.png": "two" });
  await promisify(execFile)("ln", [join(root, "cats/1.png"), join(root, "dogs/2.png")]);
  await promisify(execFile)("tar", ["-cf", join(root, "a.tar"), "-C", root, "cats", "dogs"]);
  const archive = await read(join(root, "a.tar"));
  expect(archive.pictures).toEqual([
    ["cats/1.png", 0, "one"],
    ["dogs/1.png", 1, "two"],
    ["dogs/2.png", 1, "one"],
  ]);
});

test("a name that is twice in an archive is refused", async () => {
  const root = await folderOf({ "cats/1.png": "one", "dogs/1.png": "two" });
  const tar = (...args: string[]) => promisify(execFile)("tar", [...args, "-C", root, "cats", "dogs"]);
  await tar("-cf", join(root, "a.tar"));
  await writeFile(join(root, "cats/1.png"), "other");
  await tar("-rf", join(root, "a.tar"));
  await expect(openImages(join(root, "a.tar"))).rejects.toThrow(
    "expected each name once, got 'cats/1.png' twice",
  );
});

test("a pipe among the pictures is left out", async () => {
  const root = await folderOf(Object.fromEntries([...CATS, ...DOGS].map((name) => [name, name])));
  await promisify(execFile)("mkfifo", [join(root, "cats/3.png")]);
  expect((await read(root)).notes).toEqual({ special: 1 });
});

test("200,000 pictures are read from an archive", async () => {
  const root = await folderOf({});
  const count = 200_000;
  const header = Buffer.alloc(512);
  const blocks = Buffer.alloc(count * 1024 + 1024);
  for (let i = 0; i < count; i++) {
    const path = `set/${i % 2 === 0 ? "cats" : "dogs"}/${i}.png`;
    header.fill(0);
    new Header({ path, type: "File", size: 1, mode: 0o644, mtime: new Date(0) }).encode(header);
    header.copy(blocks, i * 1024);
    blocks[i * 1024 + 512] = i;
  }
  await writeFile(join(root, "many.tar"), blocks);
  const store = await openImages(join(root, "many.tar"));
  expect([store.size, store.bytes.byteLength]).toEqual([count, count]);
  expect([store.keys[7], store.bytesOf(7)[0]]).toEqual(["cats/100004.png", 100004 % 256]);
  const { train, validation } = splitStore(store);
  expect([train.size, validation.size]).toEqual([180_000, 20_000]);
}, 300_000);
