// Every kind of input in Chromium, in a page and in a Worker, beside what Node decodes.

import sharp, { type Sharp } from "sharp";
import { largestDifference } from "test-kit";
import { findChromium } from "test-kit/browser";
import { describe, expect, test } from "vitest";
import type { DecodeTask, Way } from "../../../test/browser/decode.ts";
import { openPage } from "../../../test/browser/open-page.ts";
import type { Realms } from "../../../test/browser/realms.ts";
import { received } from "../../../test/browser/sent.ts";
import { decodeImage } from "../../node.ts";

const chromium = findChromium();
describe.runIf(chromium !== undefined)("decodePicture", async () => {
  const page = chromium === undefined ? undefined : await openPage("realms.ts");
  const decode = async (
    bytes: Uint8Array,
    task: Partial<DecodeTask> = {},
    where: keyof Realms = "inPage",
  ) => {
    const whole: DecodeTask = {
      way: "File",
      name: "a.jpg",
      base64: Buffer.from(bytes).toString("base64"),
      ...task,
    };
    const sent = await page!.evaluate(([name, it]) => (globalThis as unknown as Realms)[name](it), [
      where,
      whole,
    ] as const);
    return received(sent);
  };
  const picture = (): Sharp => {
    const data = Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * i * 7919) >> 7);
    return sharp(data, { raw: { width: 64, height: 48, channels: 3 } });
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
    const file = await picture().png().toBuffer();
    const expected = await decodeImage(file);
    for (const where of inWorkers ? (["inPage", "inWorker"] as const) : (["inPage"] as const)) {
      const image = await decode(file, { way }, where);
      expect([image.width, image.height], where).toEqual([64, 48]);
      expect(largestDifference(image.data, expected.data), where).toBe(0);
    }
  });
});
