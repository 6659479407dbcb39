// From files to a trained model in a browser's Worker, beside the same in Node.

import { imageSource, openImages, splitStore } from "image-source/node";
import sharp from "sharp";
import { folderOf, largestDifference } from "test-kit";
import { bundled, findChromium, launchChromium, servePages } from "test-kit/browser";
import { expect, onTestFinished, test } from "vitest";
import { type TrainedOnPictures, trainPictures, VIEWS } from "./browser/train-pictures.ts";

/** Node and Chromium have other versions of V8, and those another last bit of `Math.exp`. */
const OTHER_ENGINE = 1e-5;

/** Two classes of photos, of other sizes and formats. */
async function photos(): Promise<Record<string, Uint8Array>> {
  const all = Array.from({ length: 15 }, async (_, i) => {
    const [width, height] = [18 + i, 30 - i];
    const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * at * (7 + i)) >> (i % 9));
    const picture = sharp(data, { raw: { width, height, channels: 3 } });
    const format = (["jpeg", "png", "webp"] as const)[i % 3]!;
    const name = `${i % 2 === 0 ? "cats" : "dogs"}/${i}.${format}`;
    return [name, new Uint8Array(await picture.toFormat(format).toBuffer())] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}

test.runIf(findChromium() !== undefined)(
  "a Worker that finds, decodes and splits pictures sees the same bits as Node's threads, and learns the same",
  async () => {
    const files = await photos();
    const server = await servePages({
      files: { "/page.js": await bundled(new URL("browser/pictures-page.ts", import.meta.url)) },
    });
    const chromium = await launchChromium();
    onTestFinished(async () => {
      await chromium.close();
      await server.close();
    });
    const page = await chromium.context.newPage();
    await page.goto(server.url);
    const texts = Object.entries(files).map(([path, data]) => [path, Buffer.from(data).toString("base64")]);
    const inWorker = (await page.evaluate(
      (all) =>
        (globalThis as unknown as { trainInWorker(files: object): Promise<unknown> }).trainInWorker(all),
      Object.fromEntries(texts),
    )) as TrainedOnPictures;

    const { train } = splitStore(await openImages(await folderOf(files)), { heldOut: 0.2 });
    const source = imageSource(train, { ...VIEWS, workers: 2 });
    const inNode = await trainPictures(source);
    await source.close();
    expect(inWorker.classNames).toEqual(["cats", "dogs"]);
    expect(inWorker.labels).toEqual(inNode.labels);
    expect(inWorker.images.map((images) => images.length)).toEqual([3840, 3840, 1536]);
    expect(inWorker.images).toEqual(inNode.images);
    expect(inNode.losses.at(-1)!).toBeLessThan(inNode.losses[0]!);
    expect(largestDifference(inWorker.losses, inNode.losses)).toBeLessThan(OTHER_ENGINE);
  },
);
