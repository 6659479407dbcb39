// Pictures of videos that play in Chromium: its webcam, which is a drawn one, and colors.

import { findChromium } from "test-kit/browser";
import { describe, expect, test } from "vitest";
import { openPage } from "../../test/browser/open-page.ts";
import type { Glance, Videos } from "../../test/browser/videos.ts";
import { videoPictures } from "./video-pictures.ts";

const WEBCAM = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
const COLORS = ["#ff0000", "#00ff00", "#0000ff"];
/** Where each color is bright. */
const BRIGHT = [
  [true, false, false],
  [false, true, false],
  [false, false, true],
];
const brightOf = (seen: readonly Glance[]) =>
  seen.map(([, , ...color]) => color.map((channel) => channel > 200));

describe.runIf(findChromium() !== undefined)("videoPictures", async () => {
  const opened = findChromium() === undefined ? undefined : await openPage("videos.ts", { flags: WEBCAM });

  test("gives as many pictures of a webcam as asked for, shrunk", async () => {
    const options = { everySeconds: 0.05, count: 3, shortestEdge: 96 };
    const seen = await opened!.page.evaluate((it) => (globalThis as unknown as Videos).ofWebcam(it), options);
    const size = [128, 96];
    expect(seen.map(([width, height]) => [width, height])).toEqual([size, size, size]);
    expect(seen.every(([, , ...color]) => Math.max(...color) > 50)).toBe(true);
  });

  test.each(["signal", "break", "track", "source"] as const)(
    "shows what plays, and ends with the %s",
    async (end) => {
      const seen = await opened!.page.evaluate(
        ([colors, how]) => (globalThis as unknown as Videos).ofColors(colors, how),
        [COLORS, end] as const,
      );
      expect(seen.map(([width, height]) => [width, height])).toEqual(COLORS.map(() => [32, 24]));
      expect(brightOf(seen)).toEqual(BRIGHT);
    },
  );

  test("says that a video does not load, and has nothing after its signal", async () => {
    expect(await opened!.page.evaluate(() => (globalThis as unknown as Videos).ofNothing())).toMatch(
      /^videoPictures: expected a video that plays, got: .+/,
    );
    expect(await opened!.page.evaluate(() => (globalThis as unknown as Videos).afterSignal())).toBe(0);
  });

  test("refuses what is not a video, and options that do not fit", async () => {
    await expect(videoPictures({} as never).next()).rejects.toThrow(
      "videoPictures: video must be an HTMLVideoElement, got {}",
    );
    await expect(videoPictures({} as never, { everySeconds: 0 }).next()).rejects.toThrow(
      "videoPictures: everySeconds must be a finite number > 0, got 0",
    );
  });
});
