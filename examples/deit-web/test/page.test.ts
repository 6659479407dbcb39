// The page in Chromium, as built, in a folder of a server: by keyboard alone, for everyone, offline, and without a word to the console.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { type Chromium, findChromium, launchChromium, type PageServer, servePages } from "test-kit/browser";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { tabTo } from "./keyboard.ts";

const there = findChromium() !== undefined || process.env.CONFORMANCE === "all";
if (!there) process.stderr.write("page.test.ts is skipped: no chromium on the PATH (or set CHROMIUM)\n");

const root = fileURLToPath(new URL("..", import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Bytes after gzip: of the page's own script, and of everything that it loads without weights. */
const [SCRIPT, ALL] = [100e3, 1.5e6];

const FAKE_WEBCAM = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

let folder: string;
let server: PageServer;
let chromium: Chromium;
let page: Page;
const said: string[] = [];

beforeAll(async () => {
  if (!there) return;
  folder = mkdtempSync(join(tmpdir(), "deit-page-"));
  const outDir = join(folder, "some/folder");
  vi.stubEnv("NODE_ENV", "production"); // as `vite build` has it; vitest's own is `test`
  await build({ root, logLevel: "error", configFile: join(root, "vite.config.ts"), build: { outDir } });
  server = await servePages({ folder });
  chromium = await launchChromium({ flags: FAKE_WEBCAM, pages: { viewport: { width: 1280, height: 900 } } });
  page = await chromium.context.newPage();
  listen();
  await page.goto(`${server.url}some/folder/?backend=wasm&workers=1`);
  await page.getByText("Three ways to begin").waitFor();
}, 180_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await chromium?.close();
  await server?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

function listen(): void {
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
}

/** Violations that axe finds in both schemes, on a screen and on a phone. */
async function violations(): Promise<string[]> {
  const found: string[] = [];
  await page.emulateMedia({ reducedMotion: "reduce" }); // colors are compared when nothing fades
  for (const width of [1280, 390]) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      const result = await page.evaluate(async (source) => {
        if (!("axe" in window)) new Function(source)();
        const { violations } = await (window as unknown as { axe: typeof import("axe-core") }).axe.run();
        const overflow = document.documentElement.scrollWidth - innerWidth;
        return [
          ...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`),
          ...(overflow > 0 ? [`wider than the window by ${overflow} pixels`] : []),
        ];
      }, axe);
      found.push(...result.map((text) => `${width} ${colorScheme}: ${text}`));
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light", reducedMotion: null });
  return found;
}

const press = (key: string) => page.keyboard.press(key);

// In this order: each goes on where the one before it ended.
describe.runIf(there)("the page", () => {
  test("is small", () => {
    const sizes = readdirSync(join(folder, "some/folder"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("weights"))
      .map(({ name, parentPath }) => ({
        name,
        bytes: gzipSync(readFileSync(join(parentPath, name))).length,
      }));
    const script = sizes.find(({ name }) => /^index-.*\.js$/.test(name))!;
    expect(script.bytes).toBeLessThan(SCRIPT);
    expect(sizes.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(ALL);
  });

  test("is open to everyone when it is empty", async () => {
    expect(await violations()).toEqual([]);
  });

  test("draws flowers, learns from them and answers, by keyboard alone", async () => {
    await page.locator("body").focus();
    await tabTo(page, "To the first part");
    await tabTo(page, "Draw flowers");
    await press("Enter");
    await page.getByText("5 classes, 500 pictures").waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await tabTo(page, /^A teacher’s features/);
    await press("ArrowUp");
    await press("ArrowUp"); // the pictures alone
    await tabTo(page, "48");
    await press("ArrowLeft");
    await tabTo(page, "Epochs of the student");
    await press("Home");
    await press("ArrowRight"); // two
    await tabTo(page, "Start");
    await press("Enter");
    await page.getByRole("heading", { name: "It has learned" }).waitFor({ timeout: 120_000 });
    expect(await page.locator(".results").textContent()).toMatch(/^student\d+% right: \d+ of 100 pictures/);
    await tabTo(page, /^Look at picture 1/);
    await press("Enter");
    await page.getByText("The student says").waitFor();
    await tabTo(page, "Block");
    const block = page.getByRole("slider", { name: "Block" });
    const last = await block.inputValue();
    await press("ArrowLeft");
    expect(Number(await block.inputValue())).toBe(Number(last) - 1);
    await tabTo(page, "Find out");
    await press("Enter");
    await page.getByText(/^The strongest patch is|^No single patch decides/).waitFor();
    await tabTo(page, "Download the student");
    const download = page.waitForEvent("download");
    await press("Enter");
    expect((await download).suggestedFilename()).toBe("student.zip");
  });

  test("is open to everyone when it has learned and looks", async () => {
    expect(await violations()).toEqual([]);
  });

  test("says what is wrong where it is wrong, and keeps what was there", async () => {
    const name = page.getByRole("textbox", { name: "Name of class tulips" });
    await name.fill("roses");
    await name.press("Enter");
    const card = page.getByRole("article").filter({ has: name });
    await card.getByRole("alert").filter({ hasText: "roses" }).waitFor();
    expect(await name.inputValue()).toBe("tulips");
    await card.locator("input[type=file]").setInputFiles({
      ...{ name: "letter.jpg", mimeType: "image/jpeg", buffer: Buffer.from("Dear all") },
    });
    await page.getByText("1 file not added").waitFor();
    expect(await violations()).toEqual([]);
  });

  test("takes pictures that are dropped on a class, and names what it leaves out", async () => {
    await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(40, 40);
      canvas.getContext("2d")!.fillRect(5, 5, 20, 20);
      const files = new DataTransfer();
      files.items.add(new File([await canvas.convertToBlob()], "square.png", { type: "image/png" }));
      files.items.add(new File(["Dear all"], "letter.txt", { type: "text/plain" }));
      const card = document.querySelector("article")!; // dandelions
      for (const type of ["dragenter", "dragover", "drop"]) {
        card.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: files }));
      }
    });
    await page.getByText("101 pictures").waitFor();
    await page.getByText("Left out: 1 file that is not a picture, such as 'letter.txt'").waitFor();
  });

  test("takes pictures of the webcam while a key is held", async () => {
    await page.getByRole("button", { name: "New class" }).click();
    await page.getByRole("button", { name: "Webcam for Class 6" }).click();
    await page.getByRole("button", { name: "Hold to record" }).focus();
    await page.keyboard.down(" ");
    await page.getByText(/^([3-9]|\d\d) pictures$/).waitFor();
    await page.keyboard.up(" ");
    // Chromium hides no tab while it has no window, so the page is told.
    const hide = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    const track = await page.evaluateHandle(
      () => (document.querySelector("video")!.srcObject as MediaStream).getTracks()[0]!,
    );
    await hide(true);
    expect(await track.evaluate(({ readyState }) => readyState)).toBe("ended");
    await hide(false);
    await page.getByRole("button", { name: "Done" }).click();
    await page.locator("video").waitFor({ state: "detached" });
  });

  test("leaves the project to the tab that has it", async () => {
    const second = await chromium.context.newPage();
    await second.goto(`${server.url}some/folder/`);
    await second.getByText("Open in another tab").waitFor();
    await page.close();
    await second.getByRole("heading", { name: "It has learned" }).waitFor();
    page = second;
    listen();
  });

  test("opens again without a server, with everything in it", async () => {
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await server.close();
    await page.reload();
    await page.getByRole("heading", { name: /^6 classes, 5\d\d pictures/ }).waitFor();
    await page.getByRole("heading", { name: "It has learned" }).waitFor();
    await page.getByRole("button", { name: /^Look at picture 1:/ }).click();
    await page.getByText("The student says").waitFor();
    expect(await page.locator(".bars").textContent()).not.toContain("Class 6"); // it was not taught
  });

  test("has said nothing to the console", () => {
    expect(said).toEqual([]);
  });
});
