import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, BrowserContextOptions } from "playwright-core";
import { chromiumFlags, findChromium, type Gpu } from "./chromium.ts";

/** Options of {@link launchChromium}. */
export interface LaunchOptions {
  /** GPU of the pages. Default `none`. */
  readonly gpu?: Gpu;
  /** Folder of the browser's profile, which keeps what pages store. Default: an empty one, removed by `close`. */
  readonly profile?: string;
  /** Further flags of Chromium. Default none. */
  readonly flags?: readonly string[];
  /** Options of its pages: `viewport`, `colorScheme`, … Default: playwright's. */
  readonly pages?: BrowserContextOptions;
}

/** A running Chromium. */
export interface Chromium {
  /** Its pages: `context.newPage()` opens a tab. */
  readonly context: BrowserContext;
  /** Ends it with all its processes at once, as a crash does; a given profile stays. */
  kill(): Promise<void>;
  /** Closes it; the second time does nothing. */
  close(): Promise<void>;
}

/**
 * Starts the Chromium of {@link findChromium} without a window, driven by playwright.
 *
 * @throws Error if there is none.
 */
export async function launchChromium(options: LaunchOptions = {}): Promise<Chromium> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error("launchChromium: no chromium on the PATH (or set CHROMIUM)");
  }
  const { chromium } = await import("playwright-core");
  const { gpu = "none", profile, flags = [], pages = {} } = options;
  const folder = profile ?? mkdtempSync(join(tmpdir(), "deit-chromium-"));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    headless: true,
    args: [...chromiumFlags(gpu), ...flags],
    ...pages,
  });
  const browser = context.browser()!;
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const { id } = processInfo.find(({ type }) => type === "browser")!;
  const removed = () => {
    if (profile === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return {
    context,
    async kill() {
      const ended = new Promise((resolve) => browser.once("disconnected", resolve));
      process.kill(-id, "SIGKILL"); // its group: playwright starts it with one of its own
      await ended;
      removed();
    },
    async close() {
      await context.close();
      removed();
    },
  };
}
