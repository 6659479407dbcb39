import { join } from "node:path";
import { create } from "tar";
import { folderOf } from "test-kit";
import { expect, test } from "vitest";
import { joinStores, SampleStore } from "../../index.ts";
import { imageSource, openImages, openUnlabeled, splitStore } from "../../node.ts";
import { toTfDataset } from "../../tensors.ts";

const files = {
  "more/b.png": "bb",
  "more/inner/train/a.jpg": "a",
  "more/inner/a.jpg": "aaa",
  "more/notes.txt": "text",
  "more/.hidden.png": "hidden",
  "photos/cats/1.png": "one",
  "photos/dogs/1.png": "two!",
};
const classNames = ["cats", "dogs"];

test("reads all pictures of a folder or an archive, flat or nested, without labels", async () => {
  const root = await folderOf(files);
  await create({ cwd: root, file: join(root, "more.tgz"), gzip: true }, ["more"]);
  const notes: string[] = [];
  const store = await openUnlabeled(join(root, "more"), {
    classNames,
    onNote: ({ text }) => notes.push(text),
  });
  expect(store.keys).toEqual(["unlabeled/b.png", "unlabeled/inner/a.jpg", "unlabeled/inner/train/a.jpg"]);
  expect([...store.labels]).toEqual([-1, -1, -1]);
  expect(store.classNames).toEqual(classNames);
  expect(store.keys.map((_, i) => Buffer.from(store.bytesOf(i)).toString())).toEqual(["bb", "aaa", "a"]);
  expect(notes).toEqual([
    "left out: 1 hidden file or folder, such as '.hidden.png'",
    "left out: 1 file that is not a picture, such as 'notes.txt'",
  ]);
  const packed = await openUnlabeled(join(root, "more.tgz"), { classNames });
  expect(packed.keys).toEqual(store.keys.map((key) => key.replace("/", "/more/")));
  await expect(openUnlabeled(join(root, "no"), { classNames })).rejects.toThrow(
    "no: expected an archive or a folder of pictures, got no such file or folder",
  );
  await expect(openUnlabeled(await folderOf({ "a.txt": "a" }), { classNames })).rejects.toThrow(
    "got none, but files such as 'a.txt'",
  );
});

test("joins them to labeled ones", async () => {
  const root = await folderOf(files);
  const labeled = await openImages(join(root, "photos"));
  const store = joinStores(labeled, await openUnlabeled(join(root, "more"), { classNames }));
  expect([...store.labels]).toEqual([0, 1, -1, -1, -1]);
  const bytes = ["one", "two!", "bb", "aaa", "a"];
  expect(store.keys.map((_, i) => Buffer.from(store.bytesOf(i)).toString())).toEqual(bytes);
  expect(joinStores(labeled.subset([1]), labeled.subset([0])).keys).toEqual(["dogs/1.png", "cats/1.png"]);
  expect(() => joinStores(labeled, labeled)).toThrow("keys must be unique, got 'cats/1.png' twice");
  const other = await openUnlabeled(join(root, "more"), { classNames: ["dogs", "cats"] });
  expect(() => joinStores(labeled, other)).toThrow(
    'joinStores: expected stores of one classNames, got ["cats","dogs"] and ["dogs","cats"]',
  );
  expect(() => splitStore(store)).toThrow("expected pictures with labels, got one without (-1) at labels[2]");
});

test("batches have the label -1, which tfjs' own training gets as an error", async () => {
  const store = new SampleStore({
    classNames,
    ...{ keys: ["a", "b"], labels: Int32Array.of(1, -1), bytes: new SharedArrayBuffer(6) },
    ...{ spans: Float64Array.of(0, 3, 3, 6), encoding: { kind: "rgb", width: 1, height: 1 } },
  });
  const source = imageSource(store, { batchSize: 2, imageSize: 1, training: false });
  for await (const { labels } of source.batches(0)) expect([...labels]).toEqual([1, -1]);
  const iterator = await toTfDataset(source).iterator();
  await expect(iterator.next()).rejects.toThrow("toTfDataset: labels must be integers in [0, 2)");
  await source.close();
});
