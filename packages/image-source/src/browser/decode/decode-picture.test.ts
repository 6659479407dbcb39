// Every kind of input in Chromium, in a page and in a Worker, beside what Node decodes.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { fixturesOf, largestDifference, sharedData } from "test-kit";
import { findChromium, servePages } from "test-kit/browser";
import { type ByteImage, viewOf } from "vision-augment";
import { describe, expect, onTestFinished, test } from "vitest";
import type { DecodeTask, Way } from "../../../test/browser/decode.ts";
import { openPage } from "../../../test/browser/open-page.ts";
import type { Realms } from "../../../test/browser/realms.ts";
import { received } from "../../../test/browser/sent.ts";
import { decodeImage } from "../../node.ts";
import { decodePicture } from "./decode-picture.ts";

const originals = sharedData("data/flowers/originals");
const fixture: { pictures: { group: string; name: string; file: string; pillow: string }[] } = fixturesOf(
  import.meta.url,
).json("decode-formats.json");

/** A picture that no format makes small. */
function noisy(width = 64, height = 48, channels: 3 | 4 = 3): Sharp {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * i * 7919) >> 7);
  return sharp(data, { raw: { width, height, channels } });
}

describe.runIf(findChromium() !== undefined)("decodePicture", async () => {
  const opened = findChromium() === undefined ? undefined : await openPage("realms.ts");
  const decode = async (
    file: Uint8Array,
    task: Partial<DecodeTask> = {},
    where: "inPage" | "inWorker" = "inPage",
  ): Promise<ByteImage> => {
    const base64 = Buffer.from(file).toString("base64");
    const whole: DecodeTask = { way: "File", name: "a.jpg", base64, ...task };
    const sent = await opened!.page.evaluate(([name, it]) => (globalThis as unknown as Realms)[name](it), [
      where,
      whole,
    ] as const);
    return received(sent);
  };
  /** Largest difference from Node's pixels, of 255; infinite for another size. */
  const difference = async (file: Uint8Array, task: Partial<DecodeTask> = {}): Promise<number> => {
    const [here, node] = [await decode(file, task), await decodeImage(file)];
    if (here.width !== node.width || here.height !== node.height) return Infinity;
    return largestDifference(here.data, node.data);
  };

  test.each<[Way, boolean]>([
    ["File", true],
    ["Blob", true],
    ["ImageData", true],
    ["ImageBitmap", true],
    ["OffscreenCanvas", true],
    ["VideoFrame", true],
    ["HTMLImageElement", false],
    ["HTMLCanvasElement", false],
  ])("decodes a %s to Node's pixels", async (way, inWorkers) => {
    const file = await noisy().png().toBuffer();
    const expected = await decodeImage(file);
    for (const where of inWorkers ? (["inPage", "inWorker"] as const) : (["inPage"] as const)) {
      const image = await decode(file, { way }, where);
      expect([image.width, image.height], where).toEqual([64, 48]);
      expect(largestDifference(image.data, expected.data), where).toBe(0);
    }
  });

  test("decodes photos to Node's pixels, to the bit", async ({ skip }) => {
    if (originals === undefined) return skip();
    const photos = readdirSync(originals, { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith(".jpg"),
    );
    expect(photos.length).toBe(25);
    for (const path of photos) expect(await difference(readFileSync(join(originals, path))), path).toBe(0);
  });

  test.each<[string, (picture: Sharp) => Sharp, number]>([
    ["JPEG", (picture) => picture.jpeg(), 0],
    [
      "JPEG, progressive, full chroma",
      (picture) => picture.jpeg({ progressive: true, chromaSubsampling: "4:4:4" }),
      0,
    ],
    ["PNG", (picture) => picture.png(), 0],
    ["WebP", (picture) => picture.webp(), 0],
    ["WebP, lossless", (picture) => picture.webp({ lossless: true }), 0],
    ["GIF", (picture) => picture.gif(), 0],
    ["AVIF", (picture) => picture.avif(), 1], // another conversion of YUV
    ["JPEG with a color profile", (picture) => picture.withIccProfile("p3").jpeg(), 0],
    ["PNG with a color profile", (picture) => picture.withIccProfile("p3").png(), 0],
    ["WebP with a color profile", (picture) => picture.withIccProfile("p3").webp(), 0],
  ])("decodes %s as Node does, from a file and an <img>", async (_, as, most) => {
    const file = await as(noisy()).toBuffer();
    expect(await difference(file)).toBeLessThanOrEqual(most);
    expect(await difference(file, { way: "HTMLImageElement" })).toBeLessThanOrEqual(most);
  });

  test("turns photos upright as Node does; of an <img> not WebP, whose EXIF Chromium does not read", async () => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const picture = noisy().withMetadata({ orientation });
      for (const format of ["jpeg", "png", "webp"] as const) {
        const file = await picture.toFormat(format).toBuffer();
        expect(await difference(file), `${format} ${orientation}`).toBe(0);
        if (format !== "webp") expect(await difference(file, { way: "HTMLImageElement" })).toBe(0);
      }
    }
    const webp = await noisy().withMetadata({ orientation: 6 }).webp().toBuffer();
    const { width, height } = await decode(webp, { way: "HTMLImageElement" });
    expect([width, height]).toEqual([64, 48]);
    // The EXIF data is there, but cut short: it counts as none, as for Chromium.
    const exif = webp.indexOf("EXIF");
    const cut = Buffer.concat([webp.subarray(0, exif), Buffer.from("EXIF\x04\0\0\0II*\0", "latin1")]);
    cut.writeUInt32LE(cut.length - 8, 4);
    expect((await decode(cut)).width).toBe(64);
  });

  test("decodes gray, CMYK, palettes and 16 bits as Node does", async () => {
    const opaque = fixture.pictures.filter(
      ({ group, name }) =>
        (["jpeg", "cmyk", "gray png of 16 bits"].includes(group) || group === "png") &&
        !/channels: [24]|transparent/.test(name),
    );
    expect(opaque.length).toBe(11);
    for (const { name, file } of opaque) expect(await difference(Buffer.from(file, "base64")), name).toBe(0);
    // Without Adobe's marker, Chromium takes the values for inverted, as Pillow does, and TensorFlow and Node do not.
    const plain = fixture.pictures.find(({ group }) => group === "plain cmyk")!;
    const image = await decode(Buffer.from(plain.file, "base64"));
    expect(largestDifference(image.data, Buffer.from(plain.pillow, "base64"))).toBeLessThanOrEqual(1);
  });

  test("drops transparency as Node does, up to what a canvas forgets, or lays a picture over a color", async () => {
    const data = Uint8Array.from({ length: 256 * 64 * 4 }, (_, i) =>
      i % 4 === 3 ? (i >> 2) % 256 : (i * 97) % 256,
    );
    const file = await sharp(data, { raw: { width: 256, height: 64, channels: 4 } })
      .png()
      .toBuffer();
    const dropped = await decode(file);
    const onRed = await decode(file, { options: { background: [255, 0, 0] } });
    const node = await decodeImage(file);
    let [worst, worstOnRed] = [0, 0];
    for (let i = 0; i < data.length / 4; i++) {
      const alpha = data[4 * i + 3]!;
      for (let c = 0; c < 3; c++) {
        const [got, over] = [dropped.data[3 * i + c]!, onRed.data[3 * i + c]!];
        if (alpha === 0) expect(got).toBe(0);
        else worst = Math.max(worst, Math.abs(got - node.data[3 * i + c]!) - 128 / alpha);
        const mixed = (node.data[3 * i + c]! * alpha + (c === 0 ? 255 : 0) * (255 - alpha)) / 255;
        worstOnRed = Math.max(worstOnRed, Math.abs(over - mixed));
      }
    }
    expect(worst).toBeLessThanOrEqual(0.5);
    expect(worstOnRed).toBeLessThan(1.5);
  });

  test("reads pictures larger than its canvas, part by part", async () => {
    expect(await difference(await noisy(2500, 2100).png({ compressionLevel: 1 }).toBuffer())).toBe(0);
  });

  test("shrinks as Pillow does, in proportion, and never enlarges", async () => {
    const file = await noisy(63, 48).png().toBuffer();
    const image = await decodeImage(file);
    const small = await decode(file, { options: { shortestEdge: 20 } });
    expect([small.width, small.height]).toEqual([26, 20]); // 26.25, as torchvision's Resize
    const view = { kind: "center", size: [20, 26], ratio: 1, stretch: true } as const;
    expect(largestDifference(small.data, viewOf(image, view).data)).toBe(0);
    expect((await decode(file, { options: { shortestEdge: 48 } })).data).toEqual(new Uint8Array(image.data));
  });

  test.each(["jpeg", "png", "webp", "gif", "avif"] as const)(
    "refuses %s cut in half, and with more pixels than allowed",
    async (format) => {
      const file = await noisy().toFormat(format).toBuffer();
      const name = `cats/1.${format}`;
      await expect(decode(file.subarray(0, file.length / 2), { options: { name } })).rejects.toThrow(
        format === "avif"
          ? `decodePicture: '${name}': expected a picture that decodes, got an AVIF, which is damaged or which this browser does not read`
          : new RegExp(`^Error: decodePicture: '${name}': .+, got a damaged (JPEG|PNG|GIF|WebP)$`),
      );
      await expect(decode(file, { options: { maxPixels: 64 * 48 - 1 } })).rejects.toThrow(
        "decodePicture: 'a.jpg': expected a picture that decodes, got 64x48 = 3072 pixels, more than the limit of 3071",
      );
    },
  );

  test("refuses a huge picture by its header alone", async () => {
    const png = (await noisy().png().toBuffer()).subarray(0, 200);
    png.writeUInt32BE(100_000, 16);
    const bmp = Buffer.alloc(200);
    bmp.write("BM", 0, "latin1");
    bmp.writeUInt32LE(40, 14);
    bmp.writeInt32LE(50_000, 18);
    bmp.writeInt32LE(-9000, 22); // top down
    const lossy = (await noisy().webp().toBuffer()).subarray(0, 40);
    lossy.writeUInt16LE(16_000, 26);
    lossy.writeUInt16LE(16_000, 28);
    const lossless = (await noisy().webp({ lossless: true }).toBuffer()).subarray(0, 40);
    lossless.writeUInt32LE(0x0fff_ffff, 21);
    for (const [file, size] of [
      [png, "100000x48"],
      [bmp, "50000x9000"],
      [lossy, "16000x16000"],
      [lossless, "16384x16384"],
    ] as const)
      await expect(decode(file, { options: { maxPixels: 4_000_000 } })).rejects.toThrow(`got ${size} = `);
  });

  test.each([
    ["", "an empty file, not a JPEG"],
    ["hello\n", "a text, not a JPEG"],
    ['<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "an SVG drawing or XML, not a JPEG"],
    ["<!DOCTYPE html><html>404</html>", "an HTML page"],
    [
      "\0\0\0\x18ftypheic\0\0\0\0mif1heic",
      "a HEIC photo, which is damaged or which this browser does not read: save it",
    ],
    ["\0\0\0\x18ftypisom\0\0\0\0isommp42", "a video"],
    ["\x1aE\xdf\xa3\x01\0\0\0", "a video"],
    ["PK\x03\x04\0\0", "a ZIP archive"],
    ["II*\0\x08\0\0\0", "a TIFF, which is damaged or which this browser does not read"],
    ["BM and more", "a damaged BMP"],
    ["\x01\x02\x03", "something else"],
  ])("says which file it is and what: %j", async (content, what) => {
    const name = "holiday/7.jpg";
    await expect(decode(Buffer.from(content, "latin1"), { name })).rejects.toThrow(
      `decodePicture: '${name}': expected a picture that decodes, got ${what}`,
    );
  });

  test("says what has no pixels, not yet or no more, and what may not be read", async () => {
    const picture = new Uint8Array(await noisy(4, 4).png().toBuffer());
    const site = await otherSite(picture);
    const got = await opened!.page.evaluate(
      (other) => (globalThis as unknown as Realms).refusals(other),
      site,
    );
    const problem = Object.fromEntries(
      Object.entries(got).map(([name, text]) => [name, text.replace(/^decodePicture: .+ decodes, got /, "")]),
    );
    expect(problem).toEqual({
      "closed bitmap": "one that is closed",
      "closed frame": "one that is closed",
      "empty canvas": "one without pixels",
      "image without source": "an image element without a source",
      "image that does not load": "an image element whose picture does not load or decode",
      "image of another site": "a picture of another site, which must allow it to be read (CORS)",
      "canvas with another site's image": "a picture of another site, which must allow it to be read (CORS)",
      "video without a frame": "a video without a frame yet: wait for its 'loadeddata'",
      "float pixels": "an ImageData of floats, not of bytes",
    });
    expect(got["image that does not load"]).toContain(`'${opened!.server.url}nothing.png'`);
    expect(got["closed frame"]).toContain("decodePicture: the VideoFrame: expected");
  });

  test("says that a browser changes what is read", async () => {
    const page = await opened!.chromium.context.newPage();
    await page.goto(opened!.server.url);
    expect(await page.evaluate(() => (globalThis as unknown as Realms).inResistingBrowser())).toBe(
      "decodePicture: 'a.png': expected a picture that decodes, got pixels that the browser has changed: its protection against fingerprinting must allow this page to read a canvas",
    );
  });

  test("refuses what is no picture and options that are none", async () => {
    await expect(decodePicture("a.jpg" as never)).rejects.toThrow(
      "decodePicture: input must be a File, Blob, ImageData, ImageBitmap, HTMLImageElement, HTMLVideoElement, HTMLCanvasElement, OffscreenCanvas or VideoFrame, got 'a.jpg'",
    );
    await expect(decodePicture(new Blob(), { shortestEdge: 0 })).rejects.toThrow("shortestEdge must be");
    await expect(decodePicture(new Blob(), { background: [0, 0, 256] })).rejects.toThrow(
      "background must be",
    );
  });
});

/** Address of a server of its own, which is another site. */
async function otherSite(picture: Uint8Array): Promise<string> {
  const server = await servePages({ files: { "/picture.png": picture } });
  onTestFinished(() => server.close());
  return server.url;
}
