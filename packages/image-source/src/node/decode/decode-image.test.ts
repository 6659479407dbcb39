import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { bytes, fixturesOf, floats, largestDifference, type Packed, parity, sharedData } from "test-kit";
import type { RgbImage } from "vision-augment";
import { expect, test } from "vitest";
import { decodeImage } from "../../node.ts";

interface Described {
  readonly sha256: string;
  readonly mean: number;
}

interface Photo {
  readonly file: string;
  readonly shape: readonly [height: number, width: number, channels: number];
  /** As TensorFlow and TensorFlow Datasets decode. `grid`: means of 8 × 8 cells, `[8, 8, 3]`. */
  readonly default: Described & { readonly grid: Packed; readonly middleRow: Packed };
  /** With `dct_method="INTEGER_ACCURATE"`. */
  readonly accurate: Described;
  /** Between the two, over all pixels. */
  readonly distance: { readonly max: number; readonly mean: number };
}

const GRID = 8;
const fixture: { tensorflow: string; photos: Photo[] } = fixturesOf(import.meta.url).json("decode-jpeg.json");
const originals = sharedData("data/flowers/originals");

// The accurate pixels are ours to the bit, so the recorded distance of TensorFlow's two transforms is ours from its default.
test.skipIf(originals === undefined)("25 original photos decode as in TensorFlow", async () => {
  let [other, cells, row, largest, mean] = [0, 0, 0, 0, 0];
  for (const photo of fixture.photos) {
    const image = await decodeImage(await readFile(join(originals!, photo.file)), { upright: false });
    expect([image.height, image.width, 3], photo.file).toEqual(photo.shape);
    if (createHash("sha256").update(image.data).digest("hex") !== photo.accurate.sha256) other += 1;
    cells = Math.max(cells, largestDifference(gridOf(image), floats(photo.default.grid)));
    row = Math.max(row, largestDifference(middleRow(image), bytes(photo.default.middleRow)));
    largest = Math.max(largest, photo.distance.max);
    mean = Math.max(mean, photo.distance.mean);
  }
  expect(fixture.photos.length).toBe(25);
  const common = { reference: "TensorFlow", version: fixture.tensorflow, backend: "none" };
  const photos = "decodeImage, 25 original photos";
  parity({
    item: `${photos}: photos with a pixel unlike decode_jpeg(dct_method="INTEGER_ACCURATE")`,
    ...common,
    tolerance: 0,
    measured: other,
  });
  // The default is the fast transform, which rounds coarsely: what it costs TensorFlow is what parts it from us.
  for (const [what, tolerance, measured] of [
    ["largest difference of a value, middle row", 20, row],
    ["largest difference of the mean of a cell, 8 × 8 cells", 4, cells],
    ["largest difference of a value, all pixels, by way of INTEGER_ACCURATE", 20, largest],
    ["mean difference, the photo where it is largest, by way of INTEGER_ACCURATE", 1.5, mean],
  ] as const) {
    parity({ item: `${photos}, decode_jpeg's default: ${what} (of 255)`, ...common, tolerance, measured });
  }
});

function middleRow({ data, height, width }: RgbImage): Uint8Array {
  const line = width * 3;
  const start = Math.floor(height / 2) * line;
  return (data as Uint8Array).subarray(start, start + line);
}

/** Means of the cells; cell i of a side of n pixels begins at ⌊i n / 8⌋. */
function gridOf({ data, height, width }: RgbImage): number[] {
  const edge = (side: number, i: number) => Math.floor((side * i) / GRID);
  const means: number[] = [];
  for (let i = 0; i < GRID; i++) {
    for (let j = 0; j < GRID; j++) {
      const sums = [0, 0, 0];
      const [top, bottom] = [edge(height, i), edge(height, i + 1)];
      const [left, right] = [edge(width, j), edge(width, j + 1)];
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++)
          for (let c = 0; c < 3; c++) sums[c]! += data[(y * width + x) * 3 + c]!;
      means.push(...sums.map((sum) => sum / ((bottom - top) * (right - left))));
    }
  }
  return means;
}

interface Picture {
  readonly group: string;
  readonly name: string;
  readonly file: string;
  readonly tensorflow: string;
  readonly pillow: string;
}

const formats: {
  versions: { tensorflow: string; pillow: string };
  height: number;
  width: number;
  pictures: Picture[];
} = fixturesOf(import.meta.url).json("decode-formats.json");

test.each([
  ["CMYK and YCCK JPEGs of Adobe", "cmyk"],
  ["a CMYK JPEG without Adobe's marker", "plain cmyk"],
  ["gray and RGB JPEGs", "jpeg"],
  ["PNGs of 1, 8 and 16 bits, with palettes and transparency", "png"],
  ["a gray PNG of 16 bits", "gray png of 16 bits"],
])("%s decode as in TensorFlow", async (what, group) => {
  parityRow(what, "TensorFlow", 0, await largestOf(group, "tensorflow"));
});

// Pillow rounds where TensorFlow rounds down; of the groups that are not here it makes something else.
test.each([
  ["CMYK and YCCK JPEGs of Adobe", "cmyk", 2],
  ["gray and RGB JPEGs", "jpeg", 0],
  ["PNGs of 1, 8 and 16 bits, with palettes and transparency", "png", 0],
])("%s decode as in Pillow, to 1 of 255 at most", async (what, group, tolerance) => {
  parityRow(what, "Pillow", tolerance, await largestOf(group, "pillow"));
});

function parityRow(what: string, reference: "TensorFlow" | "Pillow", tolerance: number, measured: number) {
  const version = formats.versions[reference === "Pillow" ? "pillow" : "tensorflow"];
  const item = `decodeImage, ${what}: largest difference of a value (of 255)`;
  parity({ item, reference, version, backend: "none", tolerance, measured });
}

async function largestOf(group: string, reference: "tensorflow" | "pillow"): Promise<number> {
  const pictures = formats.pictures.filter((picture) => picture.group === group);
  expect(pictures.length).toBeGreaterThan(0);
  let largest = 0;
  for (const picture of pictures) {
    const image = await decodeImage(Buffer.from(picture.file, "base64"), { upright: false });
    expect([image.height, image.width], picture.name).toEqual([formats.height, formats.width]);
    const expected = Uint8Array.from(Buffer.from(picture[reference], "base64"));
    largest = Math.max(largest, largestDifference(image.data, expected));
  }
  return largest;
}

test("a CMYK JPEG is turned upright, and one that breaks off is refused", async () => {
  const { file } = formats.pictures.find(({ group }) => group === "cmyk")!;
  const stored = Buffer.from(file, "base64");
  const turned = await sharp(stored).withMetadata({ orientation: 6 }).toColorspace("cmyk").jpeg().toBuffer();
  const { width, height } = await decodeImage(turned);
  expect([width, height]).toEqual([formats.height, formats.width]);
  await expect(decodeImage(stored.subarray(0, stored.length / 2))).rejects.toThrow();
  await expect(decodeImage(stored.subarray(0, 40))).rejects.toThrow();
});

test("a phone's photo is turned upright where that is asked for", async () => {
  // Left half red, right half blue; orientation 6: to be turned a quarter clockwise, so that red is above.
  const pixels = Buffer.from([255, 0, 0, 0, 0, 255]);
  const photo = await sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } })
    .resize(32, 16, { kernel: "nearest" })
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
    .toBuffer();
  const [stored, upright] = [await decodeImage(photo, { upright: false }), await decodeImage(photo)];
  expect([stored.width, stored.height, upright.width, upright.height]).toEqual([32, 16, 16, 32]);
  const red = ({ data }: RgbImage, at: number) => data[3 * at]! > 200 && data[3 * at + 2]! < 60;
  expect([red(stored, 0), red(stored, 31), red(stored, 32 * 15)]).toEqual([true, false, true]);
  expect([red(upright, 0), red(upright, 15), red(upright, 16 * 31)]).toEqual([true, true, false]);
});
