import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { type Chromium, launchChromium, type ServedPages, servePages } from "test-kit/browser";
import { createServer, type InlineConfig } from "vite";
import { esmSh } from "./esm-sh.ts";
import type { GuideFiles } from "./guide-blocks.ts";

/** A page of Chromium. */
export type Page = Awaited<ReturnType<Chromium["context"]["newPage"]>>;

/** Folders with files of the guide in which the packages are installed, and Chromium to open them in. */
export class GuidePages {
  readonly #folders: string[] = [];
  readonly #modules: string;
  readonly #chromium: Chromium;

  private constructor(modules: string, chromium: Chromium) {
    this.#modules = modules;
    this.#chromium = chromium;
  }

  /** @param modules - The `node_modules` that all folders share. */
  static async start(modules: string): Promise<GuidePages> {
    const chromium = await launchChromium();
    await chromium.context.route("https://esm.sh/**", async (route) => {
      const { status, type, body } = await esmSh(modules, route.request().url());
      const headers = { "access-control-allow-origin": "*", "content-type": type };
      await route.fulfill({ status, headers, body });
    });
    return new GuidePages(modules, chromium);
  }

  /** Writes files into a new folder. */
  project(files: GuideFiles): string {
    const folder = mkdtempSync(join(tmpdir(), "deit-guide-"));
    this.#folders.push(folder);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    symlinkSync(this.#modules, join(folder, "node_modules"), "junction");
    return folder;
  }

  /** Serves files to a page. */
  async served<T>(files: ServedPages, act: (page: Page) => Promise<T>): Promise<T> {
    const server = await servePages(files);
    try {
      return await this.#open(server.url, act);
    } finally {
      await server.close();
    }
  }

  /** Serves a folder to a page by Vite's development server. */
  async developed<T>(folder: string, config: InlineConfig, act: (page: Page) => Promise<T>): Promise<T> {
    const server = await createServer({
      ...config,
      ...{ root: folder, configFile: false, logLevel: "silent", server: { host: "127.0.0.1", port: 0 } },
    });
    try {
      await server.listen();
      return await this.#open(server.resolvedUrls!.local[0]!, act);
    } finally {
      await server.close();
    }
  }

  async close(): Promise<void> {
    await this.#chromium.close();
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  /** @throws What the page throws, or prints as an error. */
  async #open<T>(url: string, act: (page: Page) => Promise<T>): Promise<T> {
    const page = await this.#chromium.context.newPage();
    try {
      const failed = new Promise<never>((_, reject) => {
        page.on("pageerror", reject);
        page.on("console", (message) => {
          if (message.type() !== "error" || message.location().url.endsWith("/favicon.ico")) return;
          reject(new Error(`${message.text()} ${message.location().url}`));
        });
      });
      return await Promise.race([failed, page.goto(url).then(() => act(page))]);
    } finally {
      await page.close();
    }
  }
}

/** Gives the page of the guide eight dark pictures of one class and eight light ones of the other, of more than one size. */
export async function choosePictures(page: Page): Promise<void> {
  const names = Array.from({ length: 16 }, (_, i) => `${i % 2 === 0 ? "rose" : "tulip"}-${i}.png`);
  const files = names.map(async (name, i) => {
    const background = i % 2 === 0 ? "#322" : "#fec";
    const picture = { width: 64 + i, height: 96, channels: 3, background } as const;
    return { name, mimeType: "image/png", buffer: await sharp({ create: picture }).png().toBuffer() };
  });
  await page.setInputFiles("input[type=file]", await Promise.all(files));
}

/** Losses of the ten epochs that the page prints. */
export function lossesOf(page: Page): Promise<number[]> {
  const losses: number[] = [];
  return new Promise((resolve, reject) => {
    page.on("console", async (message) => {
      type Posted = { readonly logs?: { readonly loss: number }; readonly error?: string };
      const [data] = await Promise.all(message.args().map((it) => it.jsonValue() as Promise<Posted>));
      if (data?.error !== undefined) reject(new Error(data.error));
      if (data?.logs !== undefined) losses.push(data.logs.loss);
      if (losses.length === 10) resolve(losses);
    });
    choosePictures(page).catch(reject);
  });
}
