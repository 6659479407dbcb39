import { folderOf } from "test-kit";
import { smallSet } from "test-kit/pictures";
import { describe, expect, test } from "vitest";
import { openFlowers, splitFlowers } from "../node.ts";

describe("openFlowers", () => {
  test("labels the five flowers in TensorFlow Datasets' order", async () => {
    const files = ["roses", "tulips", "daisy", "dandelion", "sunflowers"].flatMap((name) => [
      [`${name}/1.jpg`, "x"],
      [`${name}/2.jpg`, "y"],
    ]);
    const store = await openFlowers(await folderOf(Object.fromEntries(files)));
    expect(store.classNames).toEqual(["dandelion", "daisy", "tulips", "sunflowers", "roses"]);
    expect(store.keys[0]).toBe("dandelion/1.jpg");
  });

  test("turns photos upright, except where they are tf_flowers' or that is not wanted", async () => {
    const root = await folderOf(await smallSet());
    expect((await openFlowers(root)).encoding).toEqual({ kind: "file", upright: true });
    expect((await openFlowers(root, { upright: false })).encoding).toEqual({ kind: "file" });
  });

  test("refuses unknown options", async () => {
    await expect(openFlowers("x", { maxByte: 1 } as object)).rejects.toThrow(
      "unknown option 'maxByte'; did you mean 'maxBytes'?",
    );
  });
});

test("splitFlowers splits another set by its classes, and names the class that has too few pictures", async () => {
  const set = await smallSet();
  const { train, validation } = splitFlowers(await openFlowers(await folderOf(set)));
  expect([...train.labels].sort()).toEqual([0, 1]);
  expect([...validation.labels].sort()).toEqual([0, 1]);
  const few = await openFlowers(await folderOf({ ...set, "photos/c/1.jpg": "x" }));
  expect(() => splitFlowers(few)).toThrow(
    "class 'c': expected at least 2 pictures, to train and to validate, got 1",
  );
});
