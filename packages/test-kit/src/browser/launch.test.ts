import { expect, test } from "vitest";
import { emptyFolder } from "../folders.ts";
import { findChromium } from "./chromium.ts";
import { launchChromium } from "./launch.ts";
import { servePages } from "./serve.ts";

test.runIf(findChromium() !== undefined)(
  "a profile keeps what a page has stored, also if the browser is killed",
  async () => {
    const profile = await emptyFolder();
    const server = await servePages({
      files: { "/page.js": "localStorage.visits = 1 + Number(localStorage.visits ?? 0)" },
      isolated: true,
    });
    const first = await launchChromium({ profile });
    const page = await first.context.newPage();
    await page.goto(server.url);
    expect(await page.evaluate("[localStorage.visits, crossOriginIsolated, navigator.webdriver]")).toEqual([
      "1",
      true,
      true,
    ]);
    await first.close();
    const second = await launchChromium({ profile });
    const again = await second.context.newPage();
    await again.goto(server.url);
    expect(await again.evaluate("localStorage.visits")).toBe("2");
    await second.kill();
    await second.close();
    await server.close();
  },
);
