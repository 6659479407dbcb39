import type { Page } from "playwright-core";
import { bundled, launchChromium, servePages } from "test-kit/browser";
import { afterAll } from "vitest";

/**
 * Opens a page with a script in Chromium for all tests of a file, which calls this outside of them, and closes it after them.
 *
 * @param script - A module beside this one.
 */
export async function openPage(script: string): Promise<Page> {
  const server = await servePages({ files: { "/page.js": await bundled(new URL(script, import.meta.url)) } });
  const chromium = await launchChromium();
  afterAll(async () => {
    await chromium.close();
    await server.close();
  });
  const page = await chromium.context.newPage();
  await page.goto(server.url);
  return page;
}
