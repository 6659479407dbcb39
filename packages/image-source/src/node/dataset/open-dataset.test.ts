// Layouts: which pictures are of which class and of which part, in folders and in archives of them.

import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { create } from "tar";
import { emptyFolder, folderOf } from "test-kit";
import { describe, expect, test } from "vitest";
import { MULTI_LABEL } from "../../index.ts";
import { type OpenDatasetOptions, openDataset, openImages } from "../../node.ts";

type Files = Readonly<Record<string, string>>;

/** Files whose bytes are their names. */
function filesOf(names: readonly string[], more: Files = {}): Files {
  return { ...Object.fromEntries(names.map((name) => [name, `bytes of ${name}`])), ...more };
}

async function read(path: string, options: OpenDatasetOptions = {}) {
  const notes: string[] = [];
  const { layout, all, train, validation, test, labelsFiles } = await openDataset(path, {
    ...options,
    onNote: ({ text }) => notes.push(text),
  });
  const listed = (store = all) => store.keys.map((key, i) => `${key} ${store.classNames[store.labels[i]!]}`);
  const pictures = {
    train: listed(train),
    validation: validation && listed(validation),
    test: test && listed(test),
  };
  for (const [i, key] of all.keys.entries()) expect(Buffer.from(all.bytesOf(i)).toString()).toContain(key);
  return {
    layout,
    classNames: all.classNames,
    ...pictures,
    notes,
    labelsFiles: labelsFiles.map((one) => one.path),
  };
}

/** What a folder and an archive of it both give. */
async function both(files: Files, options: OpenDatasetOptions = {}) {
  const root = await folderOf(files);
  const archive = join(await emptyFolder(), "data.tgz");
  await create(
    { cwd: root, file: archive, gzip: true },
    Object.keys(files)
      .map((name) => name.split("/")[0]!)
      .filter((name, i, all) => all.indexOf(name) === i),
  );
  const found = await read(root, options);
  expect(await read(archive, options)).toEqual(found);
  return found;
}

async function refusal(files: Files, options: OpenDatasetOptions = {}): Promise<string> {
  const root = await folderOf(files);
  const error = await openDataset(root, options).then(
    () => undefined,
    (error: Error) => error,
  );
  return String(error?.message).replaceAll(root, "data");
}

const inParts = (parts: readonly string[], names: readonly string[]) =>
  parts.flatMap((part) => names.map((name) => `${part}/${name}`));

const PETS = ["cats/1.png", "dogs/1.png", "dogs/2.png"];

describe("class folders", () => {
  test("are as openImages reads them", async () => {
    const root = await folderOf(filesOf(PETS));
    const { layout, all, train, validation } = await openDataset(root);
    const store = await openImages(root);
    expect([layout, validation, train]).toEqual(["class folders", undefined, all]);
    expect([all.keys, all.labels, all.classNames]).toEqual([store.keys, store.labels, store.classNames]);
  });

  test("may be nested: each folder with pictures of its own is a class", async () => {
    const files = filesOf([
      ...["animals/cats/1.png", "animals/dogs/1.png", "animals/dogs/old/2.png", "animals/3.png"],
      ...["plants/roses/1.png", "plants/list.txt"],
    ]);
    const { classNames, train, notes } = await both(files, { nestedClasses: true });
    expect(classNames).toEqual([
      "animals",
      "animals/cats",
      "animals/dogs",
      "animals/dogs/old",
      "plants/roses",
    ]);
    expect(train).toEqual([
      "animals/3.png animals",
      "animals/cats/1.png animals/cats",
      "animals/dogs/1.png animals/dogs",
      "animals/dogs/old/2.png animals/dogs/old",
      "plants/roses/1.png plants/roses",
    ]);
    expect(notes).toEqual(["left out: 1 file that is not a picture, such as 'plants/list.txt'"]);
    expect((await both(files)).classNames).toEqual(["animals", "plants"]);
    expect((await openImages(await folderOf(files), { nestedClasses: true })).classNames).toEqual(classNames);
    expect(await refusal({ ...files, "plants/tulips/": "" }, { nestedClasses: true })).toBe(
      "data: class 'plants/tulips': expected pictures, got an empty folder",
    );
  });

  test("named as parts, with pictures in them and another class beside them, are classes", async () => {
    const vehicles = ["train/1.png", "train/2.png", "test/1.png", "cars/1.png"];
    expect((await both(filesOf(vehicles))).classNames).toEqual(["cars", "test", "train"]);
    expect(await refusal(filesOf(["train/1.png", "val/1.png"]))).toBe(
      "data/train: expected folders of pictures, one a class, got pictures (1) and no folder",
    );
  });
});

describe("split folders", () => {
  test.each(["val", "valid", "validation", "Val", "dev"])(
    "train/ and %s/ are the two parts",
    async (name) => {
      const found = await both(filesOf(inParts(["train", name], PETS)));
      expect(found).toEqual({
        layout: "split folders",
        classNames: ["cats", "dogs"],
        train: ["train/cats/1.png cats", "train/dogs/1.png dogs", "train/dogs/2.png dogs"],
        validation: [`${name}/cats/1.png cats`, `${name}/dogs/1.png dogs`, `${name}/dogs/2.png dogs`],
        test: undefined,
        notes: [],
        labelsFiles: [],
      });
    },
  );

  test("test/ may be there, a class be missing outside of train/, and a folder lie above or beside them", async () => {
    const names = [...inParts(["data/train"], PETS), "data/val/dogs/7.png", "data/test/cats/8.png"];
    const found = await both(filesOf([...names, "data/more/cats/9.png", "data/readme.md"]));
    expect(found.validation).toEqual(["val/dogs/7.png dogs"]);
    expect(found.test).toEqual(["test/cats/8.png cats"]);
    expect(found.notes).toEqual([
      "left out: 1 file that is not a picture, such as 'data/readme.md'",
      "left out: 1 picture outside a class folder, such as 'data/more/cats/9.png'",
    ]);
  });

  test("without validation all is as it is, and pictures of test/ without a class are left out", async () => {
    const found = await both(filesOf([...inParts(["train"], PETS), "test/1.png", "test/2.png"]));
    expect([found.train!.length, found.validation, found.test]).toEqual([3, undefined, undefined]);
    expect(found.notes).toEqual(["left out: 2 pictures outside a class folder, such as 'test/1.png'"]);
  });

  test.each(["test", "photos/val"])("%s/ alone is all of the data, which is said", async (name) => {
    const { layout, train, notes } = await both(filesOf(inParts([name], PETS)));
    expect([layout, train]).toEqual([
      "class folders",
      ["cats/1.png cats", "dogs/1.png dogs", "dogs/2.png dogs"],
    ]);
    expect(notes).toEqual([
      `taken as all of the data, for nothing is to train on: 1 part of a split, such as '${name}'`,
    ]);
  });

  test("have nested classes where that is asked for", async () => {
    const names = inParts(["train", "val"], ["animals/cats/1.png", "animals/dogs/1.png"]);
    expect((await both(filesOf(names), { nestedClasses: true })).validation).toEqual([
      "val/animals/cats/1.png animals/cats",
      "val/animals/dogs/1.png animals/dogs",
    ]);
  });

  test("are refused with a class that is not trained, two folders for one part, and no class folder", async () => {
    expect(await refusal(filesOf([...inParts(["train", "val"], PETS), "val/cows/1.png"]))).toBe(
      "data/val: expected the classes of 'train' (cats, dogs), got cats, cows, dogs: 'cows' has no training pictures",
    );
    expect(await refusal(filesOf(inParts(["train", "val", "valid"], PETS)))).toBe(
      "data: expected one folder for each part of a split, got 'val' and 'valid'",
    );
    expect(await refusal(filesOf([...inParts(["train"], PETS), "val/1.png"]))).toBe(
      "data/val: expected folders of pictures, one a class, got pictures (1) and no folder",
    );
  });

  test("have classes by their name, whatever order the labels have", async () => {
    const root = await folderOf(filesOf(inParts(["train", "val"], PETS)));
    const { train, validation } = await openDataset(root, { labelOrder: (names) => [...names].reverse() });
    expect([train.classNames, [...train.labels], [...validation!.labels]]).toEqual([
      ["dogs", "cats"],
      [0, 0, 1],
      [1, 0, 0],
    ]);
  });
});

const FLAT = ["1.png", "2.png", "3.png"];

describe("a labels file", () => {
  test.each([
    ["labels.csv", "path,label\n1.png,cat\n2.png,dog\n3.png,cat\n"],
    [
      "metadata.csv",
      "\ufefffile_name,label,split\r\n1.png,cat,train\r\n2.png,dog,train\r\n3.png,cat,train\r\n",
    ],
    ["labels.csv", "File;Label;Note\n1.png;cat;'a'\n./2.png;dog;\"b;c\"\n3.png;cat;\n"],
    ["labels.csv", "image\tlabel\n1.png\tcat\n\n2.png\tdog\n3.png\tcat"],
    ["labels.csv", "filename,cat,dog,size\n1.png,1,0,9\n2.png,0,1,8\n3.png,1,0,7\n"],
    [
      "metadata.jsonl",
      '{"file_name":"1.png","label":"cat"}\n{"file_name":"2.png","label":"dog"}\n{"file_name":"3.png","label":"cat"}\n',
    ],
    [
      "labels.jsonl",
      '{"file":"1.png","labels":["cat"]}\n\n{"file":"2.png","labels":["dog"]}\n{"file":"3.png","labels":["cat"]}',
    ],
  ])("%s says each picture's class: %j", async (name, text) => {
    expect(await both(filesOf(FLAT, { [name]: text }))).toEqual({
      layout: "labels file",
      classNames: ["cat", "dog"],
      train: ["1.png cat", "2.png dog", "3.png cat"],
      validation: undefined,
      test: undefined,
      notes: [],
      labelsFiles: [name],
    });
  });

  test("has a split, numbers in their own order, and pictures in folders", async () => {
    const rows = ["a/1.png,10,train", "a/2.png,9,train", "b/3.png,9,valid", "b/4.png,10,TEST"];
    const names = ["a/1.png", "a/2.png", "b/3.png", "b/4.png"];
    expect(
      await both(filesOf(names, { "labels.csv": ["path,label,split", ...rows].join("\n") })),
    ).toMatchObject({
      classNames: ["9", "10"],
      train: ["a/1.png 10", "a/2.png 9"],
      validation: ["b/3.png 9"],
      test: ["b/4.png 10"],
    });
  });

  test("lies in each part, as Hugging Face's ImageFolder has it, or above them", async () => {
    const names = inParts(["train", "test"], ["1.png", "2.png"]);
    const csv = "file_name,label\n1.png,cat\n2.png,dog\n";
    const expected = {
      layout: "labels file",
      train: ["train/1.png cat", "train/2.png dog"],
      test: ["test/1.png cat", "test/2.png dog"],
    };
    expect(await both(filesOf(names, { "train/metadata.csv": csv, "test/metadata.csv": csv }))).toMatchObject(
      {
        ...expected,
        labelsFiles: ["train/metadata.csv", "test/metadata.csv"],
      },
    );
    const rows = names.map((name) => `${name},${name.includes("1") ? "cat" : "dog"}`);
    expect(await both(filesOf(names, { "metadata.csv": ["path,label", ...rows].join("\n") }))).toMatchObject(
      expected,
    );
  });

  test.each([
    ["labels.csv", "path,labels\n1.png,cat; dog\n2.png,\n3.png,cow\n"],
    ["labels.csv", "path,labels\n1.png,dog|cat\n2.png,\n3.png,cow\n"],
    ["metadata.csv", "file_name,cat,cow,dog\n1.png,1,0,1\n2.png,0,0,0\n3.png,0,1,0\n"],
    [
      "labels.jsonl",
      '{"path":"1.png","labels":["dog","cat"]}\n{"path":"2.png","labels":[]}\n{"path":"3.png","labels":"cow"}\n',
    ],
  ])("%s says any number of labels: %j", async (name, text) => {
    const root = await folderOf(filesOf(FLAT, { [name]: text }));
    const { train, layout } = await openDataset(root);
    expect([layout, train.keys, train.classNames]).toEqual(["labels file", FLAT, ["cat", "cow", "dog"]]);
    expect(FLAT.map((_, i) => train.classesOf(i))).toEqual([[0, 2], [], [1]]);
    expect([...train.labels]).toEqual([MULTI_LABEL, MULTI_LABEL, MULTI_LABEL]);
  });

  test("with several labels has parts too, and may name a class that no training picture has", async () => {
    const csv = "path,labels,split\n1.png,cat;dog,train\n2.png,cow,val\n3.png,,test\n";
    const {
      train,
      validation,
      test: last,
    } = await openDataset(await folderOf(filesOf(FLAT, { "labels.csv": csv })));
    expect([train, validation!, last!].map((store) => [store.keys, store.classesOf(0)])).toEqual([
      [["1.png"], [0, 2]],
      [["2.png"], [1]],
      [["3.png"], []],
    ]);
  });

  test("lies elsewhere, with paths from it, from the pictures' folder, or whole ones", async () => {
    const root = await folderOf(filesOf(FLAT.map((name) => `photos/${name}`)));
    const outside = await folderOf({});
    const rows = (prefix: string) =>
      ["path,label", ...FLAT.map((name, i) => `${prefix}${name},${i}`)].join("\n");
    for (const [file, prefix] of [
      [join(root, "any.csv"), "photos/"],
      [join(outside, "any.csv"), ""],
      [join(outside, "any.csv"), `${relative(outside, root)}/photos/`],
      [join(outside, "any.csv"), `${root}/photos/`],
    ] as const) {
      await writeFile(file, rows(prefix));
      const { train, labelsFiles } = await openDataset(join(root, "photos"), { labelsFile: file });
      expect(train.keys, prefix).toEqual(FLAT);
      const sha256 = createHash("sha256").update(rows(prefix)).digest("hex");
      expect(labelsFiles).toEqual([{ path: file, sha256 }]);
      expect((await openDataset(root, { labelsFile: file })).train.keys).toEqual(
        FLAT.map((name) => `photos/${name}`),
      );
    }
  });

  test("that is found is not used where it is for something else, or not wanted", async () => {
    const other = filesOf(PETS, { "metadata.csv": "path,photographer\ncats/1.png,me\n" });
    const found = await both(other);
    expect([found.layout, found.classNames]).toEqual(["class folders", ["cats", "dogs"]]);
    expect(found.notes).toEqual(["left out: 1 file that is not a picture, such as 'metadata.csv'"]);
    const labels = filesOf(PETS, { "labels.csv": "path,label\ncats/1.png,one\ndogs/1.png,two\n" });
    expect((await both(labels)).classNames).toEqual(["one", "two"]);
    expect((await both(labels, { labelsFile: false })).classNames).toEqual(["cats", "dogs"]);
    expect(await refusal(filesOf(FLAT, { "metadata.csv": "path,by\n1.png,me\n" }))).toBe(
      "metadata.csv: expected a column 'label' or 'labels', or one column of 0 and 1 for each class, got by",
    );
  });

  test("leaves out, counts and names rows and pictures that have no other half", async () => {
    const csv = "path,label\n1.png,cat\ngone.png,cat\n2.png,dog\n3.png,\n5.heic,cat\n../6.png,dog\n";
    const files = filesOf([...FLAT, "4.png", "5.heic", "notes.txt"], { "labels.csv": csv });
    const { train, notes } = await both(files);
    expect(train).toEqual(["1.png cat", "2.png dog"]);
    expect(notes).toEqual([
      "left out: 1 HEIC picture, such as '5.heic': HEIC is not read; convert it, for instance with 'magick mogrify -format jpg *.heic'",
      "left out: 1 file that is not a picture, such as 'notes.txt'",
      "left out: 1 picture without a row in the labels file, such as '4.png'",
      "left out: 2 rows of the labels file without a picture, such as 'gone.png (labels.csv:3)'",
      "left out: 1 row of the labels file without a label, such as '3.png (labels.csv:5)'",
    ]);
  });

  test.each([
    [
      "path,label\n1.png,cat\n1.png,dog\n",
      "labels.csv:3: expected each picture once, got '1.png' again, as in labels.csv:2; several labels go in one row, in 'labels'",
    ],
    ["path,label\n1.png,cat\n2.png\n", "labels.csv:3: expected 2 columns, as in the first row, got 1"],
    ['path,label\n1.png,"cat\n', "labels.csv:2: expected the end of a quoted text, got the end of the file"],
    [
      "path,label,split\n1.png,cat,traning\n",
      "labels.csv:2: expected train, val or test in 'split', got 'traning'",
    ],
    ["path,label\n,cat\n", "labels.csv:2: expected a path in 'path', got nothing"],
    [
      "path,label\na/1.png,cat\nb/1.png,cat\n",
      "labels.csv:2: expected a picture's path below 'data', got 'a/1.png', and no other of 2 rows has one",
    ],
    ["path,label\n", "labels.csv: expected rows, got none"],
    [
      "name,label\n1.png,cat\n",
      "labels.csv: expected a column of paths (path, file, filename, file_name, image), got name, label",
    ],
    [
      "path,cat,dog\n1.png,1,0\n2.png,1,x\n3.png,0,1\n",
      "labels.csv: expected a column 'label' or 'labels', or one column of 0 and 1 for each class, got cat, dog (line 3: 'x' in 'dog')",
    ],
    ["path,label,label\n1.png,cat,dog\n", "labels.csv:1: expected each column once, got 'label' twice"],
    ["path,label,labels\n1.png,cat,cat;dog\n", "labels.csv: expected a column 'label' or 'labels', got both"],
    [
      "path,label\n1.png,\n2.png,\n",
      "labels.csv:2: expected a label, got none, and no other of 2 rows has one",
    ],
    ["path,labels\n1.png,;\n", "labels.csv:2: expected a label, got none, and no other of 1 rows has one"],
    ["path,labels\n1.png,cat;cat\n", "labels.csv:2: expected each label once, got 'cat' twice"],
    [
      "path,label,split\n1.png,cat,train\n2.png,dog,val\n",
      "labels.csv:3: expected a class that training pictures have (cat), got 'dog'",
    ],
    [
      "path,label,split\n1.png,cat,val\n2.png,cat,val\n",
      "labels.csv:2: expected pictures to train on, got other parts of the split only",
    ],
  ])("is refused by name and line: %j", async (csv, message) => {
    expect(await refusal(filesOf(FLAT, { "labels.csv": csv }))).toBe(message);
  });

  test.each([
    [
      '{"path":"1.png","label":"cat"}\n{"path":"2.png"',
      /^labels.jsonl:2: expected a JSON object on each line, got: /,
    ],
    ["[1]", /^labels.jsonl:1: expected a JSON object on each line, got \[1\]$/],
    [
      '{"path":"1.png","label":["cat"]}',
      /^labels.jsonl:1: expected one label, got a list; several go in 'labels'$/,
    ],
    ['{"path":"1.png","label":true}', /^labels.jsonl:1: expected a text or a number in 'label', got true$/],
  ])("of JSON lines is refused by name and line: %j", async (json, message) => {
    expect(await refusal(filesOf(FLAT, { "labels.jsonl": json }))).toMatch(message);
  });

  test("is what pictures in no folder need", async () => {
    expect(await refusal(filesOf(FLAT))).toBe(
      "data: expected folders of pictures, one a class, or a labels file (metadata.csv, metadata.jsonl, labels.csv, labels.jsonl), got pictures (3) and neither",
    );
    expect(await refusal(filesOf(FLAT), { labelsFile: false })).toBe(
      "data: expected folders of pictures, one a class, got pictures (3) and no folder",
    );
  });

  test("is refused in another encoding, and where it is not there", async () => {
    const root = await folderOf({
      ...filesOf(FLAT),
      "labels.csv": Buffer.from("path,label\n1.png,caf\xe9\n", "latin1"),
    });
    await expect(openDataset(root)).rejects.toThrow("labels.csv: expected text in UTF-8, got other bytes");
    await expect(openDataset(root, { labelsFile: join(root, "none.csv") })).rejects.toThrow(
      "none.csv: expected a labels file, got no such file",
    );
  });
});

test("formats that are not read are said by name, each with its first path", async () => {
  const { notes } = await both(filesOf([...PETS, "cats/a.bmp", "cats/b.BMP", "dogs/c.jxl", "dogs/d.CR2"]));
  expect(notes).toEqual([
    "left out: 2 BMP pictures, such as 'cats/a.bmp': BMP is not read; convert it, for instance with 'magick mogrify -format png *.bmp'",
    "left out: 1 JPEG XL picture, such as 'dogs/c.jxl': JPEG XL is not read; convert it, for instance with 'magick mogrify -format png *.jxl'",
    "left out: 1 camera raw picture, such as 'dogs/d.CR2': camera raw is not read; convert it, for instance with 'magick mogrify -format jpg *.cr2'",
  ]);
  expect(await refusal(filesOf([...PETS, "cows/1.heic"]))).toBe(
    "data: class 'cows': expected pictures (.jpg, .jpeg, .png, .webp, .gif, .avif, .tif or .tiff), got none, but files such as 'cows/1.heic': HEIC is not read; convert it, for instance with 'magick mogrify -format jpg *.heic'",
  );
});
