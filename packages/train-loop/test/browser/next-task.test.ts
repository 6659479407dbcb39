// Loops where no frame is ever shown, as in a hidden tab, in Chromium.
import { bundled, findChromium, launchChromium, servePages } from "test-kit/browser";
import { expect, test } from "vitest";
import type { Through } from "./next-task-page.ts";

test.runIf(findChromium() !== undefined)(
  "loops go on without frames, and let timers and messages through, in a page and in a Worker",
  async () => {
    const script = await bundled(new URL("next-task-page.ts", import.meta.url));
    const server = await servePages({ files: { "/page.js": script } });
    const chromium = await launchChromium();
    try {
      const page = await chromium.context.newPage();
      await page.goto(server.url);
      await page.waitForFunction("globalThis.tasks");
      expect(await page.evaluate("requestAnimationFrame(() => {})")).toBe(0);
      for (const where of ["all", "inWorker"]) {
        const got = (await page.evaluate(`tasks.${where}()`)) as Through;
        expect(got.ended).toBe("stopped by a message");
        expect(got.timer).toBeGreaterThanOrEqual(2);
        expect(got.message).toBeGreaterThanOrEqual(got.timer);
        expect(got.steps - got.message).toBeLessThanOrEqual(1);
        expect(got.steps).toBeLessThan(100); // of all
        expect(got.others).toEqual([24, 24]);
        expect(got.order).toEqual(["microtask", "first", "second"]);
      }
    } finally {
      await chromium.close();
      await server.close();
    }
  },
);
