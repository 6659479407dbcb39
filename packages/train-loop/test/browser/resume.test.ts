// A browser that is killed in the middle of a run, again and again.
import { uniform } from "sample-keys";
import { emptyFolder } from "test-kit";
import { bundled, findChromium, launchChromium, type Page, servePages } from "test-kit/browser";
import { expect, test } from "vitest";
import type { Ended } from "./resume-page.ts";

const KILLS = 3;
/** A browser lives for 1 to this many steps, of 60 in all, and then for 0 to so many ms: in them it trains or saves. */
const MOST_STEPS = 12;
const MOST_MS = 30;

test.runIf(findChromium() !== undefined).each([
  ["opfsStorage", "inPage"],
  ["indexedDbStorage", "inWorker"],
])(
  "a run kept by %s (%s) ends with the same bits if its browser is killed on the way",
  async (storage, where) => {
    const script = await bundled(new URL("resume-page.ts", import.meta.url));
    const server = await servePages({ files: { "/page.js": script } });
    const profile = await emptyFolder();
    const open = async () => {
      const chromium = await launchChromium({ profile });
      const page = await chromium.context.newPage();
      await page.goto(server.url);
      await page.waitForFunction("globalThis.start");
      return { chromium, page };
    };
    const run = (page: Page, name: string) =>
      page.evaluate(`start.${where}("${storage}", "${name}")`) as Promise<Ended>;
    try {
      for (let i = 0; i < KILLS; i++) {
        const { chromium, page } = await open();
        const ended = run(page, "killed").then(
          () => "ended",
          (error) => String(error),
        );
        const steps = 1 + Math.floor(MOST_STEPS * uniform(7, 1, i));
        await page.waitForFunction(`counted.steps >= ${steps}`, undefined, { polling: 5 });
        await new Promise((resolve) => setTimeout(resolve, MOST_MS * uniform(7, 2, i)));
        await chromium.kill();
        expect(await ended).toMatch(/closed/); // in the middle
      }
      const { chromium, page } = await open();
      const [resumed, whole] = [await run(page, "killed"), await run(page, "whole")];
      expect(resumed.damaged).toEqual([]);
      expect(resumed).toEqual(whole);
      expect(await page.evaluate("counted.steps")).toBeLessThan(2 * 60); // the first of them did not begin anew
      await chromium.close();
    } finally {
      await server.close();
    }
  },
);
