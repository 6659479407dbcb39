// docs/guide/in-a-browser.md as its readers use it: each page of it is made of the blocks as they stand, and trains in Chromium.
import { join } from "node:path";
import { findChromium } from "test-kit/browser";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleByWebpack } from "./bundlers.ts";
import { frameworkTests } from "./frameworks.ts";
import { type GuideFiles, guideFiles } from "./guide-blocks.ts";
import { choosePictures, GuidePages, lossesOf } from "./guide-pages.ts";

/** @param installed - The folder of `installTarballs`, once it is there. */
export function inABrowserTests(installed: () => string): void {
  describe.runIf(findChromium() !== undefined)("a page of docs/guide/in-a-browser.md", () => {
    const worker = guideFiles("A Worker that trains");
    let pages: GuidePages;
    beforeAll(async () => {
      pages = await GuidePages.start(join(installed(), "node_modules"));
    });
    afterAll(() => pages.close());

    test("trains in a Worker of Vite's build", async () => {
      const folder = await builtByVite({ ...worker, ...guideFiles("Vite") });
      falling(await pages.served({ folder }, lossesOf));
    });

    test("trains in a Worker of Vite's development server", async () => {
      const folder = pages.project({ ...worker, ...guideFiles("Vite") });
      falling(await pages.developed(folder, await configOf(folder, "vite.config.js"), lossesOf));
    });

    test("trains in a Worker of webpack", async () => {
      const folder = pages.project({ ...worker, ...guideFiles("webpack 5") });
      const { output, ...config } = await configOf(folder, "webpack.config.js");
      // Its command line writes to `dist` of the current folder.
      await bundleByWebpack({
        context: folder,
        ...config,
        output: { path: join(folder, "dist"), ...output },
      });
      falling(await pages.served({ folder }, lossesOf));
    });

    test("trains in a Worker with the packages of a CDN", async () => {
      const { 'train.js, in place of startBackend("auto")': start, ...page } = guideFiles("A CDN");
      const train = replaced(worker["train.js"]!, /await startBackend\("auto"\);.*/, start!);
      const folder = pages.project({ ...page, "train.js": train });
      falling(await pages.served({ folder }, lossesOf));
    });

    test("draws curves of what its Worker posts by tfvis", async () => {
      const { "main.js, in place of worker.onmessage": curves } = guideFiles("Curves");
      const main = replaced(worker["main.js"]!, /worker\.onmessage = .*/, curves!);
      const folder = await builtByVite({ ...worker, ...guideFiles("Vite"), "main.js": main });
      await pages.served({ folder }, async (page) => {
        await page.locator("input").waitFor();
        await choosePictures(page);
        await page.locator(".tf-surface canvas").nth(1).waitFor(); // loss, accuracy
      });
    });

    test("draws curves by tfvis' callbacks while fit runs in it", async () => {
      const { "fit-in-page.js": main } = guideFiles("Curves");
      const folder = await builtByVite({ ...guideFiles("Vite"), "main.js": main! });
      await pages.served({ folder }, (page) => page.locator(".tf-surface canvas").nth(3).waitFor()); // of batches, of epochs
    });

    frameworkTests(() => pages, worker["train.js"]!);

    async function builtByVite(files: GuideFiles): Promise<string> {
      const folder = pages.project(files);
      const config = await configOf(folder, "vite.config.js");
      await vite({ ...config, root: folder, base: "./", configFile: false, logLevel: "silent" });
      return join(folder, "dist");
    }
  });
}

/** Training works: the loss is less than half of the first. */
function falling(losses: readonly number[]): void {
  expect(losses).toHaveLength(10);
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
}

function replaced(text: string, place: RegExp, by: string): string {
  expect(text).toMatch(place);
  return text.replace(place, () => by);
}

/** A configuration of Vite or webpack. */
interface Configuration {
  readonly output?: object;
  readonly worker?: { readonly format: "es" };
}

/** The default export of a configuration file. */
async function configOf(folder: string, name: string): Promise<Configuration> {
  const { default: config } = (await import(join(folder, name))) as { default: Configuration };
  return config;
}
