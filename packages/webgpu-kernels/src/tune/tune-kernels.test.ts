import * as tf from "@tensorflow/tfjs-core";
import { noise, valuesOf } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { TILES } from "../kernels/products/tile.ts";
import { tileFor } from "../kernels/products/tile-choice.ts";
import { fastest } from "./time-tiles.ts";
import { type TunedKernels, tuneWebGpuKernels } from "./tune-kernels.ts";

const missing = await startWebGpu();

test("the fastest tile is taken where it gains a twentieth, and no time is missing", () => {
  const [first, second] = TILES as [(typeof TILES)[0], (typeof TILES)[0]];
  expect(fastest([100, 90, 120, 130, 140], first)).toBe(second);
  expect(fastest([100, 97, 120, 130, 140], first)).toBe(first);
  expect(fastest([100, 0, 120, 130, 140], first)).toBe(first);
});

describe.skipIf(missing)(`tuneWebGpuKernels${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const product = async (rows: number, inner: number, columns: number) => {
    const values = tf.tidy(() => {
      const a = tf.tensor2d(noise(rows * inner, 1), [rows, inner]);
      return tf.matMul(a, tf.tensor2d(noise(inner * columns, 2), [inner, columns]));
    });
    return (await valuesOf([values]))[0]!;
  };
  const sides = { batch: 1, rows: 1024, columns: 256, inner: 128, parts: 1 };
  const shape = { ...sides, transposeA: false, transposeB: false, precision: "float32" as const };

  test("times large products once, keeps their bits, and leaves small ones alone", async () => {
    await product(8, 8, 8);
    const expected = await product(1024, 128, 256);
    const { adapter, products } = await tuneWebGpuKernels();
    expect(adapter).not.toBe("");
    expect(products).toHaveLength(1);
    expect(products[0]).toMatchObject(shape);
    expect(TILES.map(({ name }) => name)).toContain(products[0]!.tile);
    expect(products[0]!.time).toBeLessThanOrEqual(products[0]!.defaultTime);
    expect(await product(1024, 128, 256)).toEqual(expected);
    expect(await tuneWebGpuKernels()).toEqual({ adapter, products }); // the same times: it was not timed again
  });

  test("uses saved tiles of this adapter without timing, through JSON, and ignores those of another", async () => {
    const { device } = tf.backend() as unknown as { device: object };
    const { adapter } = await tuneWebGpuKernels();
    const large = { ...shape, rows: 4096, tile: "128x64", time: 1, defaultTime: 2 };
    const saved = JSON.parse(JSON.stringify({ adapter, products: [large] })) as TunedKernels;
    const other = { adapter: "another GPU", products: [{ ...large, tile: "32x32" }] };
    expect((await tuneWebGpuKernels({ saved: other })).products).not.toContainEqual(other.products[0]);
    expect((await tuneWebGpuKernels({ saved })).products).toContainEqual(large);
    expect(tileFor(device, { ...shape, rows: 4096 }).name).toBe("128x64");
    const renamed = { adapter, products: [{ ...large, rows: 2048, tile: "a tile of another version" }] };
    expect((await tuneWebGpuKernels({ saved: renamed })).products).not.toContainEqual(renamed.products[0]);
  });

  test.each([
    [{ adapter: "x" }, '{"adapter":"x"}'],
    [{ adapter: "x", products: [{ ...shape, rows: 0, tile: "32x32", time: 1, defaultTime: 1 }] }, "rows"],
    ["text", "'text'"],
  ])("refuses %j as saved", async (saved, said) => {
    const error = await tuneWebGpuKernels({ saved: saved as never }).catch((e: Error) => e);
    expect((error as Error).message).toContain(
      "tuneWebGpuKernels: saved must be a result of tuneWebGpuKernels: { adapter, products }, got",
    );
    expect((error as Error).message).toContain(said);
  });
});
