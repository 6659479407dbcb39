// docs/guide/in-a-browser.md as its readers use it: each page of it is made of the blocks as they stand, and trains in Chromium.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { type Chromium, findChromium, launchChromium, servePages } from "test-kit/browser";
import { createServer, build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleByWebpack } from "./bundlers.ts";
import { esmSh } from "./esm-sh.ts";
import { type GuideFiles, guideFiles } from "./guide-blocks.ts";

/** What the Worker of the guide posts. */
interface Posted {
  readonly epoch?: number;
  readonly logs?: { readonly loss: number };
  readonly error?: string;
}

/** @param installed - The folder of `installTarballs`, once it is there. */
export function inABrowserTests(installed: () => string): void {
  let chromium: Chromium;
  const folders: string[] = [];
  beforeAll(async () => {
    chromium = await launchChromium();
  });
  afterAll(async () => {
    await chromium.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** A folder with files in which the packages are installed. */
  function project(files: GuideFiles): string {
    const folder = mkdtempSync(join(tmpdir(), "deit-guide-"));
    folders.push(folder);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    symlinkSync(join(installed(), "node_modules"), join(folder, "node_modules"), "junction");
    return folder;
  }

  describe.runIf(findChromium() !== undefined)("a page of docs/guide/in-a-browser.md", () => {
    const worker = guideFiles("A Worker that trains");

    test("trains in a Worker of Vite's build", async () => {
      const folder = project({ ...worker, ...guideFiles("Vite") });
      await vite({
        ...(await configOf(folder, "vite.config.js")),
        root: folder,
        base: "./",
        logLevel: "silent",
      });
      const losses = await lossesOf({ folder: join(folder, "dist") });
      expect(losses).toHaveLength(10);
      expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
    });

    test("trains in a Worker of Vite's development server", async () => {
      const folder = project({ ...worker, ...guideFiles("Vite") });
      const server = await createServer({
        ...(await configOf(folder, "vite.config.js")),
        ...{ root: folder, configFile: false, logLevel: "silent", server: { host: "127.0.0.1", port: 0 } },
      });
      try {
        await server.listen();
        const losses = await lossesAt(server.resolvedUrls!.local[0]!);
        expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
      } finally {
        await server.close();
      }
    });

    test("trains in a Worker of webpack", async () => {
      const folder = project({ ...worker, ...guideFiles("webpack 5") });
      const { output, ...config } = await configOf(folder, "webpack.config.js");
      await bundleByWebpack({
        context: folder,
        ...config,
        output: { path: join(folder, "dist"), ...output },
      });
      const losses = await lossesOf({ folder });
      expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
    });

    test("trains in a Worker with the packages of a CDN", async () => {
      const { 'train.js, in place of startBackend("auto")': start, ...page } = guideFiles("A CDN");
      const { "train.js": train } = worker;
      const changed = train!.replace(/await startBackend\("auto"\);.*/, start!.trim());
      expect(changed).not.toBe(train);
      const losses = await lossesOf({ files: { ...paths(page), "/train.js": changed } });
      expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
    });
  });

  async function lossesOf(served: Parameters<typeof servePages>[0]): Promise<number[]> {
    const server = await servePages(served);
    try {
      return await lossesAt(server.url);
    } finally {
      await server.close();
    }
  }

  /** Opens a page, gives it pictures and waits for the losses of its ten epochs. */
  async function lossesAt(url: string): Promise<number[]> {
    const page = await chromium.context.newPage();
    await page.context().route("https://esm.sh/**", async (route) => {
      const { status, type, body } = await esmSh(join(installed(), "node_modules"), route.request().url());
      const headers = { "access-control-allow-origin": "*", "content-type": type };
      await route.fulfill({ status, headers, body });
    });
    const losses: number[] = [];
    try {
      return await new Promise((resolve, reject) => {
        page.on("pageerror", reject);
        page.on("console", async (message) => {
          const [data] = await Promise.all(message.args().map((it) => it.jsonValue() as Promise<Posted>));
          if (message.type() === "error") reject(new Error(`${message.text()} ${message.location().url}`));
          else if (data?.error !== undefined) reject(new Error(data.error));
          else if (data?.logs !== undefined) losses.push(data.logs.loss);
          if (losses.length === 10) resolve(losses);
        });
        page
          .goto(url)
          .then(async () => page.setInputFiles("input[type=file]", await pictures()))
          .catch(reject);
      });
    } finally {
      await page.close();
    }
  }
}

const paths = (files: GuideFiles): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name === "index.html" ? "/" : `/${name}`, text]),
  );

/** The default export of a configuration file. */
async function configOf(folder: string, name: string): Promise<{ output?: object }> {
  const { default: config } = (await import(join(folder, name))) as { default: object };
  return config;
}

/** Eight dark pictures of one class and eight light ones of the other, of more than one size. */
function pictures(): Promise<{ name: string; mimeType: string; buffer: Buffer }[]> {
  const names = Array.from({ length: 16 }, (_, i) => `${i % 2 === 0 ? "rose" : "tulip"}-${i}.png`);
  return Promise.all(
    names.map(async (name, i) => {
      const background = i % 2 === 0 ? "#322" : "#fec";
      const picture = { width: 64 + i, height: 96, channels: 3, background } as const;
      return { name, mimeType: "image/png", buffer: await sharp({ create: picture }).png().toBuffer() };
    }),
  );
}
