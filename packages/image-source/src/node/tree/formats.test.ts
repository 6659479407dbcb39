// A file of each format, made here: what is read, and what is said of the others.

import sharp, { type Sharp } from "sharp";
import { folderOf } from "test-kit";
import { describe, expect, test } from "vitest";
import { decodeImage, decodeSample, openDataset, pictureFormat } from "../../node.ts";

/** Red above blue, 6 by 4 pixels. */
function picture(): Sharp {
  const pixels = Array.from({ length: 6 * 4 }, (_, i) => (i < 12 ? [255, 0, 0] : [0, 0, 255]));
  return sharp(Uint8Array.from(pixels.flat()), { raw: { width: 6, height: 4, channels: 3 } });
}

/** Two pictures in one file: the one above, then a green one. */
async function animated(): Promise<Sharp> {
  const green = sharp({ create: { width: 6, height: 4, channels: 3, background: "#0f0" } });
  return sharp([await picture().png().toBuffer(), await green.png().toBuffer()], {
    join: { animated: true },
  });
}

const FORMATS: Readonly<Record<string, () => Promise<Buffer>>> = {
  "1.jpg": () => picture().jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer(),
  "2.JPEG": () => picture().jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer(),
  "3.jfif": () => picture().jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer(),
  "4.png": () => picture().png().toBuffer(),
  "5.webp": async () => (await animated()).webp({ lossless: true }).toBuffer(),
  "6.gif": async () => (await animated()).gif().toBuffer(),
  "7.avif": () => picture().avif({ lossless: true, chromaSubsampling: "4:4:4" }).toBuffer(),
  "8.tif": async () => (await animated()).tiff().toBuffer(),
  "9.tiff": () => picture().tiff({ compression: "lzw" }).toBuffer(),
};

/** A BMP of 24 bits, as every Windows program writes it. */
function bmp(): Buffer {
  const file = Buffer.alloc(54 + 16);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  for (const [at, value] of [
    [10, 54],
    [14, 40],
    [18, 2],
    [22, 2],
  ] as const)
    file.writeUInt32LE(value, at);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  return file;
}

/** An ISO media file of a brand, which is how HEIC begins. */
function isoFile(brand: string): Buffer {
  return Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0mif1${brand}`, "latin1");
}

describe("a folder of pictures of all formats", () => {
  test("is read by content, the first picture of each file", async () => {
    const files = await Promise.all(
      Object.entries(FORMATS).map(async ([name, bytes]) => [`a/${name}`, await bytes()] as const),
    );
    const store = (await openDataset(await folderOf(Object.fromEntries(files)))).all;
    expect(store.keys).toEqual(files.map(([name]) => name));
    for (const [i, key] of store.keys.entries()) {
      const { width, height, data } = await decodeSample(store, i);
      expect([width, height], key).toEqual([6, 4]);
      expect(data[0]! > 200 && data[2]! < 60, `${key} is red above`).toBe(true);
      expect(data[69]! < 60 && data[71]! > 200, `${key} is blue below`).toBe(true);
    }
  });

  test.each([
    ["BMP", "x.bmp", bmp(), "png", "a BMP"],
    ["HEIC", "x.HEIC", isoFile("heic"), "jpg", "a HEIC photo"],
    ["HEIC", "x.heif", isoFile("mif1"), "jpg", "a HEIC photo"],
    ["JPEG XL", "x.jxl", Buffer.from([0xff, 0x0a, 0, 0]), "png", "a JPEG XL"],
    [
      "SVG",
      "x.svg",
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      "png",
      "an SVG drawing or XML",
    ],
    ["camera raw", "x.nef", Buffer.from("no raw"), "jpg", "a text"],
  ])("leaves out %s, and says what to do: %s", async (format, name, bytes, target, content) => {
    const png = await picture().png().toBuffer();
    const notes: string[] = [];
    const { all } = await openDataset(await folderOf({ "a/1.png": png, [`a/${name}`]: bytes }), {
      onNote: ({ kind, text }) => notes.push(`${kind}: ${text}`),
    });
    expect(all.keys).toEqual(["a/1.png"]);
    const extension = name.slice(2).toLowerCase();
    expect(notes).toEqual([
      `format: left out: 1 ${format} picture, such as 'a/${name}': ${format} is not read; convert it, for instance with 'magick mogrify -format ${target} *.${extension}'`,
    ]);
    expect(pictureFormat(name)).toMatchObject({ name: format, isRead: false });
    await expect(decodeImage(bytes)).rejects.toThrow(`got ${content}`);
  });

  test("a name without an extension, or of another file, is no picture's", () => {
    expect([pictureFormat("jpg"), pictureFormat("a.txt"), pictureFormat("b")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(() => pictureFormat(1 as never)).toThrow("pictureFormat: name must be");
  });
});
