import { createHash } from "node:crypto";
import { parity, sharedData } from "test-kit";
import { describe, expect, test } from "vitest";
import tfds from "../../fixtures/tfds-split.json" with { type: "json" };
import { TF_FLOWERS_CLASSES } from "../index.ts";
import { openFlowers, splitFlowers, tfdsSplit } from "../node.ts";

const archive = sharedData("data/flowers/flower_photos_256.tgz");

describe("tfdsSplit", () => {
  test("orders by md5 of 'train' and the key", () => {
    // `printf %s traina/1.jpg | md5sum` and so on
    const hashes = new Map([
      ["a/1.jpg", "4be6a853cf8557eae32a4c22c4b632f5"],
      ["a/2.jpg", "ed3bfac56219793dc7ae434a273bfbc9"],
      ["b/1.jpg", "7f9a0825f33a0b22fde0faee5d5aacd8"],
      ["b/2.jpg", "fd4b862742f47593a5e1856b198ae4d8"],
      ["b/3.jpg", "b2f4562d901abd604f82f01d8dd42e63"],
      ["b/4.jpg", "0da13a7a603dda3eb93f0c5a0b5e2691"],
    ]);
    const keys = [...hashes.keys()];
    const { train, validation } = tfdsSplit(keys);
    const expected = [...hashes].sort(([, a], [, b]) => (a < b ? -1 : 1)).map(([key]) => key);
    expect([...train, ...validation].map((i) => keys[i])).toEqual(expected);
  });

  test.each([
    [3670, 3303], // tf_flowers
    [10, 9],
    [15, 14], // 13.5: to the even number, as Python
    [25, 22], // 22.5
    [3, 3],
  ])("of %i keys trains on %i", (count, expected) => {
    const keys = Array.from({ length: count }, (_, i) => `a/${i}.jpg`);
    if (expected === count)
      expect(() => tfdsSplit(keys)).toThrow("expected enough images for training and validation");
    else expect(tfdsSplit(keys).train.length).toBe(expected);
  });

  test("refuses a key that is there twice", () => {
    expect(() => tfdsSplit(["a/1", "a/2", "a/1"])).toThrow("tfdsSplit: keys must differ, got 'a/1' twice");
  });

  test.skipIf(archive === undefined)("of the real set is TensorFlow Datasets'", async () => {
    const { train, validation } = splitFlowers(await openFlowers(archive!));
    const row = { reference: "TensorFlow Datasets", version: tfds.tfds, backend: "none", tolerance: 0 };
    parity({
      item: "tf_flowers: label names in order (labels that differ)",
      ...row,
      measured: differing(train.classNames, tfds.classNames),
    });
    for (const [part, store] of Object.entries({ train, validation })) {
      const { count, inOrder, perLabel } = tfds[part as "train" | "validation"];
      const counts = tfds.classNames.map((_, label) => store.labels.filter((l) => l === label).length);
      parity({
        item: `tf_flowers: ${part}, ${count} photos in TFDS' order by SHA-256 of their names, and each label's count (differences)`,
        ...row,
        measured:
          differing([store.size, ...counts], [count, ...perLabel]) +
          differing([sha256(store.keys)], [inOrder]),
      });
    }
    expect(train.classNames).toEqual(TF_FLOWERS_CLASSES);
    expect(sha256([...validation.keys].sort())).toBe(tfds.validation.sorted);
  });
});

function sha256(keys: readonly string[]): string {
  return createHash("sha256").update(keys.join("\n")).digest("hex");
}

function differing(actual: readonly unknown[], expected: readonly unknown[]): number {
  return (
    expected.filter((value, i) => value !== actual[i]).length + Math.abs(actual.length - expected.length)
  );
}
