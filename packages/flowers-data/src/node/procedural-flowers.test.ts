import { resizeBilinear } from "vision-augment";
import { describe, expect, test } from "vitest";
import { drawFlower, flowerLabel, TF_FLOWERS_CLASSES } from "../index.ts";
import { proceduralFlowers } from "../node.ts";

describe("proceduralFlowers", () => {
  test("are balanced, and the same with one thread and with two", async () => {
    const one = await proceduralFlowers({ count: 40, size: 24, seed: 3, workers: 1 });
    const two = await proceduralFlowers({ count: 40, size: 24, seed: 3, workers: 2 });
    expect(Buffer.from(two.bytes)).toEqual(Buffer.from(one.bytes));
    expect(one.classNames).toEqual(TF_FLOWERS_CLASSES);
    for (const label of [0, 1, 2, 3, 4]) expect(one.labels.filter((l) => l === label).length).toBe(8);
    expect(new Set(one.keys).size).toBe(40);
    const { data } = drawFlower({ seed: 3, index: 37, size: 24 });
    expect(new Uint8Array(one.bytesOf(37))).toEqual(data);
    expect(one.labels[37]).toBe(flowerLabel(37));
  });

  test("are the same pictures at another size", () => {
    let total = 0;
    for (let index = 0; index < 10; index++) {
      const small = drawFlower({ seed: 5, index, size: 32 });
      const large = resizeBilinear(drawFlower({ seed: 5, index, size: 96 }), 32, 32, { antialias: true });
      total += large.data.reduce((sum, v, i) => sum + Math.abs(v - small.data[i]!), 0) / large.data.length;
    }
    expect(total / 10).toBeLessThan(12); // of 255: what is left is grain and edges; other pictures differ by about 60
  });

  test("differ between seeds and between indices", () => {
    const at = (seed: number, index: number) => drawFlower({ seed, index, size: 16 }).data;
    expect(at(1, 0)).not.toEqual(at(2, 0));
    expect(at(1, 0)).not.toEqual(at(1, 5));
  });

  test("refuse counts and sizes that are none", async () => {
    const options = { count: 5, size: 8, seed: 1 };
    await expect(proceduralFlowers({ ...options, count: 0 })).rejects.toThrow(
      "proceduralFlowers: count must be an integer >= 1, got 0",
    );
    await expect(proceduralFlowers({ ...options, seed: 1.5 })).rejects.toThrow(
      "seed must be an integer in [0, 2^32)",
    );
    expect(() => drawFlower({ seed: 1, index: 0, size: 0 })).toThrow(
      "drawFlower: size must be an integer >= 1, got 0",
    );
  });
});
