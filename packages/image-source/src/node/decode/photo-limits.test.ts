// What decodeImage refuses before it costs memory, and what it calls damaged.

import sharp, { type Sharp } from "sharp";
import { folderOf } from "test-kit";
import { jpeg } from "test-kit/pictures";
import type { RgbImage } from "vision-augment";
import { describe, expect, test } from "vitest";
import { batches, decodeImage, openImages } from "../../node.ts";

const FORMATS = ["jpeg", "png", "webp", "gif", "avif", "tiff"] as const;
const END_OF_JPEG = Uint8Array.of(0xff, 0xd9);

/** A picture that no format makes small. */
function noisy(): Sharp {
  const data = Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * i * 7919) >> 7);
  return sharp(data, { raw: { width: 64, height: 48, channels: 3 } });
}

describe("decodeImage", () => {
  test.each(FORMATS)(
    "reads %s, and refuses it cut in half, as damaged, or with more pixels than allowed",
    async (format) => {
      const file = await noisy().toFormat(format).toBuffer();
      const { width, height } = await decodeImage(file);
      expect([width, height]).toEqual([64, 48]);
      await expect(decodeImage(file.subarray(0, file.length / 2))).rejects.toThrow(
        /got a damaged (JPEG|PNG|WebP|GIF|AVIF|TIFF)/,
      );
      expect((await decodeImage(file, { maxPixels: 64 * 48 })).width).toBe(64);
      await expect(decodeImage(file, { maxPixels: 64 * 48 - 1 })).rejects.toThrow(
        "decodeImage: expected a picture that decodes, got 64x48 = 3072 pixels, more than the limit of 3071",
      );
    },
  );

  test.each([false, true])(
    "calls a JPEG damaged whose data end early, though an end mark follows (progressive: %s)",
    async (progressive) => {
      const file = await noisy().jpeg({ progressive }).toBuffer();
      const ended = Buffer.concat([file.subarray(0, file.length / 2), END_OF_JPEG]);
      await expect(decodeImage(ended)).rejects.toThrow(
        "a damaged JPEG: VipsJpeg: Corrupt JPEG data: premature end",
      );
    },
  );

  test("reads a JPEG with stray bytes before a marker, as TensorFlow does", async () => {
    const file = await noisy().jpeg().toBuffer();
    const scan = file.indexOf(Buffer.from([0xff, 0xda]));
    const stray = Buffer.concat([file.subarray(0, scan), Buffer.alloc(3), file.subarray(scan)]);
    expect(await decodeImage(stray)).toEqual(await decodeImage(file));
  });

  test("refuses small files with huge pictures", async () => {
    const header = Buffer.from(await jpeg(9));
    const frame = header.indexOf(Buffer.from([0xff, 0xc0]));
    header.writeUInt16BE(4000, frame + 5);
    header.writeUInt16BE(65500, frame + 7);
    await expect(decodeImage(header)).rejects.toThrow("got 65500x4000 = 262000000 pixels");
    const webp = Buffer.from(
      "524946461c000000574542505650384c0f0000002ffebfff0f0710fd8ffe0722a2ff0100",
      "hex",
    );
    await expect(decodeImage(webp)).rejects.toThrow("got 16383x16383 = 268402689 pixels");
    const png = await sharp({ create: { width: 11_000, height: 11_000, channels: 3, background: "red" } })
      .png({ palette: true })
      .toBuffer();
    await expect(decodeImage(png)).rejects.toThrow("got 11000x11000 = 121000000 pixels");
  });

  test.each([
    ['<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "an SVG drawing or XML"],
    ["<!DOCTYPE html><html>404</html>", "an HTML page"],
    ["version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"],
    ["BM and more", "a BMP"],
    ["\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC photo"],
    ["%PDF-1.7", "a PDF"],
    ["", "an empty file"],
    ["hello", "a text"],
  ])("says what a file is that is not a photo: %j", async (content, name) => {
    await expect(decodeImage(Buffer.from(content, "latin1"))).rejects.toThrow(`got ${name}`);
  });

  test("refuses options that do not fit", async () => {
    await expect(decodeImage(await jpeg(9), { maxPixels: 0 })).rejects.toThrow(
      "maxPixels must be an integer >= 1, got 0",
    );
    await expect(decodeImage(await jpeg(9), { uprigth: true } as object)).rejects.toThrow(
      "did you mean 'upright'?",
    );
  });
});

/** Corners of a picture that is red, green, blue and white, from the top left by rows. */
function corners({ data, width, height }: RgbImage): string {
  const at = (x: number, y: number) => {
    const [r, g, b] = data.subarray((y * width + x) * 3);
    return r! > 128 ? (g! > 128 ? "w" : "r") : g! > 128 ? "g" : b! > 128 ? "b" : "?";
  };
  return [at(2, 2), at(width - 3, 2), at(2, height - 3), at(width - 3, height - 3)].join("");
}

// EXIF: which of the scene's corners is stored top left, top right, bottom left, bottom right, so that upright it is "rgbw".
test.each([
  [1, "rgbw"],
  [2, "grwb"],
  [3, "wbgr"],
  [4, "bwrg"],
  [5, "rbgw"],
  [6, "gwrb"],
  [7, "wgbr"],
  [8, "brwg"],
] as const)(
  "orientation %i is turned upright, sides too, and left as stored where that is asked for",
  async (orientation, stored) => {
    const colors = { r: [255, 0, 0], g: [0, 255, 0], b: [0, 0, 255], w: [255, 255, 255] } as const;
    const pixels = Uint8Array.from([...stored].flatMap((c) => [...colors[c as "r"]]));
    const isTurned = orientation > 4;
    const photo = await sharp(pixels, { raw: { width: 2, height: 2, channels: 3 } })
      .resize(isTurned ? 16 : 32, isTurned ? 32 : 16, { kernel: "nearest", fit: "fill" })
      .withMetadata({ orientation })
      .jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
      .toBuffer();
    const upright = await decodeImage(photo);
    expect([upright.width, upright.height, corners(upright)]).toEqual([32, 16, "rgbw"]);
    expect(corners(await decodeImage(photo, { upright: false }))).toBe(stored);

    // A folder of people's photos is trained upright, unless they say otherwise.
    const root = await folderOf({ "a/1.jpg": photo, "a/2.jpg": photo, "b/1.jpg": photo, "b/2.jpg": photo });
    for (const [options, expected] of [
      [{}, "rgbw"],
      [{ upright: false }, stored],
    ] as const) {
      const store = await openImages(root, options);
      for await (const { images } of batches(store, {
        batchSize: 4,
        imageSize: 16,
        training: false,
        workers: 1,
      })) {
        expect(corners({ data: images.subarray(0, 768), width: 16, height: 16 })).toBe(expected);
      }
    }
  },
);
