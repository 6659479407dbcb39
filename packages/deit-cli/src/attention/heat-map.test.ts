import { describe, expect, test } from "vitest";
import colormaps from "../../test/colormaps.json" with { type: "json" };
import { inColumn, inRow } from "./arrange.ts";
import { scaleEnds, withColorBar } from "./color-bar.ts";
import { BLUE_TO_RED, type Colormap, colorAt, INFERNO } from "./colormap.ts";
import { heatMap } from "./heat-map.ts";
import { attentionPanels } from "./panels.ts";
import { areDifferent, differenceScale, shareScale } from "./scales.ts";

const grid = (values: readonly number[], columns = values.length) => ({
  ...{ values, columns },
  rows: values.length / columns,
});
const gray = (value: number, width: number, height = 1) => ({
  ...{ width, height },
  data: new Uint8Array(width * height * 3).fill(value),
});
const BLACK_TO_RED: Colormap = [
  [0, 0, 0],
  [200, 0, 0],
];

test.each([
  ["inferno", INFERNO, 0],
  ["RdBu_r", BLUE_TO_RED, 1], // matplotlib rounds a table of 256 colors
] as const)("%s has matplotlib's colors", (name, map, difference) => {
  expect(colormaps[name]).toHaveLength(256 * 6);
  for (const [i, hex] of [...colormaps[name].matchAll(/.{6}/g)].map(String).entries()) {
    const expected = [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    for (const [c, channel] of colorAt(map, i / 255).entries())
      expect(Math.abs(channel - expected[c]!)).toBeLessThanOrEqual(difference + 1e-9);
  }
});

describe("a heat map", () => {
  const scale = { low: 0, high: 1, colors: BLACK_TO_RED };

  test("mixes the photo in gray with a fifth of the lowest color and four fifths of the highest", () => {
    const photo = { width: 2, height: 1, data: Uint8Array.of(100, 100, 100, 255, 0, 0) };
    const { data } = heatMap(photo, grid([0, 1]), scale);
    // 0.8 · 100; then 0.2 · (0.299 · 255) = 15.2 and 0.8 · 200 = 160
    expect([...data]).toEqual([80, 80, 80, 175, 15, 15]);
  });

  test("interpolates between centers of patches, and repeats the outermost beyond them", () => {
    const { data } = heatMap(gray(0, 8), grid([0, 1]), scale);
    const places = [0, 0, 1 / 8, 3 / 8, 5 / 8, 7 / 8, 1, 1];
    expect([...data].filter((_, i) => i % 3 === 0)).toEqual(
      places.map((place) => Math.round((0.2 + 0.6 * place) * 200 * place)),
    );
  });

  test("has rows and columns of a grid that is not square in their places", () => {
    const { data } = heatMap(gray(0, 2, 3), grid([0, 0, 0, 0, 0, 1], 2), scale);
    expect([...data].filter((_, i) => i % 3 === 0)).toEqual([0, 0, 0, 0, 0, 160]);
  });

  test("is as bright as its photo nearly, where attention is on one patch in a hundred", () => {
    const shares = grid([...new Array(99).fill(0.5), 50.5], 10);
    const pixels = [...heatMap(gray(128, 60, 60), shares, shareScale(shares)).data];
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    expect(mean).toBeGreaterThan(100); // 0.8 · 128 and the bright patch
    expect(mean).toBeLessThan(112);
  });
});

describe("a scale", () => {
  test("of shares goes by ratios: the geometric mean of its ends is in the middle", () => {
    const shares = grid([0.25, 1, 4]);
    const scale = { ...shareScale(shares), colors: BLACK_TO_RED };
    expect([scale.low, scale.high]).toEqual([0.25, 4]);
    expect([...heatMap(gray(0, 3), shares, scale).data].filter((_, i) => i % 3 === 0)).toEqual([0, 50, 160]);
  });

  test("of even attention has one color, that of its middle, and does not divide by 0", () => {
    const { low, high } = shareScale(grid([1, 1]));
    expect(high / low).toBeCloseTo(1.1, 12);
    expect(low * high).toBeCloseTo(1, 12);
    expect(Number.isFinite(heatMap(gray(0, 2), grid([0, 0]), shareScale(grid([0, 0]))).data[0]!)).toBe(true);
  });

  test("of a difference is as wide below 0 as above, and says so", () => {
    const scale = differenceScale(grid([-0.75, 0.5]));
    expect(scaleEnds(scale)).toEqual(["−0.8×", "+0.8×"]);
    expect(scaleEnds(shareScale(grid([0.4, 2])))).toEqual(["0.4×", "2.0×"]);
  });
});

test("a second class token's difference is a third picture, once a patch differs by a tenth of the mean share", () => {
  const shares = grid([1, 1]);
  expect(areDifferent([{ shares }])).toBe(false);
  expect(areDifferent([{ shares, difference: grid([0.09, -0.09]) }])).toBe(false);
  const far = { shares, difference: grid([0.11, -0.11]) };
  expect(areDifferent([{ shares }, far])).toBe(true);
  expect(attentionPanels(gray(9, 4), far, { withDifference: true })).toHaveLength(3);
  expect(attentionPanels(gray(9, 4), far, { withDifference: false })).toHaveLength(2);
  expect(attentionPanels(gray(9, 4), { shares }, { withDifference: true })).toHaveLength(2);
});

test("a color bar lies under a heat map, with the numbers of both ends in pixels; a photo has white there", () => {
  const image = gray(9, 60, 4);
  const plain = withColorBar({ image });
  expect(plain).toMatchObject({ width: 60, height: 46 });
  expect([...plain.data.subarray(0, 60 * 4 * 3)].every((value) => value === 9)).toBe(true);
  expect([...plain.data.subarray(60 * 4 * 3)].every((value) => value === 255)).toBe(true);
  const { data } = withColorBar({ image, scale: { low: 0.1, high: 7, colors: BLACK_TO_RED } });
  const row = (y: number) => [...data.subarray(y * 180, (y + 1) * 180)].filter((_, i) => i % 3 === 0);
  expect(row(12)[0]).toBe(102); // 0.8 · 128
  expect(row(12)[59]).toBe(186); // 0.2 · 128 + 0.8 · 200
  // Text at its smaller size, as 60 pixels are too few for the larger: the upper row of "0.1×", then of "7.0×".
  const dark = row(26).flatMap((value, x) => (value === 40 ? [x] : []));
  expect(dark).toEqual([1, 2, 3, 14, 37, 38, 39, 40, 41, 50, 51, 52]);
});

test("pictures are arranged in rows and columns on white", () => {
  expect([...inRow([gray(1, 1, 2), gray(2, 1)], 1).data].filter((_, i) => i % 3 === 0)).toEqual([
    ...[1, 255, 2],
    ...[1, 255, 255],
  ]);
  expect([...inColumn([gray(1, 2), gray(2, 1)], 1).data].filter((_, i) => i % 3 === 0)).toEqual([
    ...[1, 1],
    ...[255, 255],
    ...[2, 255],
  ]);
});
