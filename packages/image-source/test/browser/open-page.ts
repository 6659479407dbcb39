import type { Page } from "playwright-core";
import { bundled, type Chromium, launchChromium, type PageServer, servePages } from "test-kit/browser";
import { afterAll } from "vitest";

/** A page in Chromium. */
export interface OpenPage {
  readonly page: Page;
  readonly server: PageServer;
  readonly chromium: Chromium;
}

/** Options of {@link openPage}. */
export interface OpenPageOptions {
  /** Further files of the server. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Further flags of Chromium. */
  readonly flags?: readonly string[];
}

/**
 * Opens a page with a script in Chromium for all tests of a file, which calls this outside of them, and closes it after them.
 *
 * @param script - A module beside this one.
 */
export async function openPage(
  script: string,
  { files = {}, flags = [] }: OpenPageOptions = {},
): Promise<OpenPage> {
  const page = await bundled(new URL(script, import.meta.url));
  const server = await servePages({ files: { ...files, "/page.js": page } });
  const chromium = await launchChromium({ flags });
  afterAll(async () => {
    await chromium.close();
    await server.close();
  });
  const opened = await chromium.context.newPage();
  await opened.goto(server.url);
  return { page: opened, server, chromium };
}
