// The page as people use it too: double clicks, wrong files, names that change, a browser that keeps nothing.
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { findChromium, launchChromium, type PageServer, servePages } from "test-kit/browser";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { builtPage } from "./built-page.ts";

const there = findChromium() !== undefined || process.env.CONFORMANCE === "all";
if (!there) process.stderr.write("page-odd.test.ts is skipped: no chromium on the PATH (or set CHROMIUM)\n");

/** Folders with a space and an umlaut, which differ in one character that file names may lack. */
const FOLDERS = ["some földer", "some_földer"] as const;
const WEBCAM = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

let server: PageServer;
beforeAll(async () => {
  if (!there) return;
  vi.stubEnv("NODE_ENV", "production");
  const folder = await builtPage();
  cpSync(fileURLToPath(new URL("../public", import.meta.url)), join(folder, "site"), {
    recursive: true,
    filter: (path) => !path.endsWith("weights"),
  });
  for (const name of FOLDERS) cpSync(join(folder, "site"), join(folder, name), { recursive: true });
  server = await servePages({ folder });
}, 120_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await server?.close();
});

const address = (folder: string = FOLDERS[0], workers = 1) =>
  `${server.url}${encodeURI(folder)}/?backend=wasm&workers=${workers}`;

interface Options {
  readonly profile?: string;
  readonly url?: string;
  readonly flags?: readonly string[];
}

/** Opens the page; it must say nothing to the console. */
async function onPage(
  work: (page: Page) => Promise<void>,
  { url = address(), flags = [], ...options }: Options = {},
): Promise<void> {
  const chromium = await launchChromium({ ...options, flags: [...WEBCAM, ...flags] });
  try {
    const page = await chromium.context.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    await page.goto(url);
    await work(page);
    expect(said).toEqual([]);
  } finally {
    await chromium.close();
  }
}

const start = (page: Page) => page.getByRole("button", { name: "Start", exact: true });

/** Draws flowers and chooses one epoch, of the pictures alone. */
async function prepare(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Draw flowers" }).click();
  await page.getByText("5 classes, 500 pictures").waitFor();
  await page.getByText("The pictures alone").click();
  await page.getByRole("radio", { name: "32" }).check({ force: true }); // its label is drawn over it
  const epochs = page.getByRole("slider", { name: "Epochs of the student" });
  await epochs.press("Home");
}

describe.runIf(there)("the page", { timeout: 120_000 }, () => {
  test("looks by the models and names of now, and says what cannot be looked at", () =>
    onPage(async (page) => {
      await prepare(page);
      await start(page).dblclick(); // the second click would fall on Stop
      await page.getByRole("heading", { name: "It has learned" }).waitFor({ timeout: 60_000 });

      const look = page.locator("#look");
      const choose = (name: string, buffer: Buffer) =>
        look.locator("input[type=file]").setInputFiles({ name, mimeType: "image/jpeg", buffer });
      await choose("letter.jpg", Buffer.from("Dear all"));
      await look.getByText(/^It cannot be read: a text, not a JPEG/).waitFor();
      await look.getByText("Choose a picture, or drop one here.").waitFor(); // it does not look for ever

      await look.getByRole("button", { name: /^Look at picture 1:/ }).click();
      await look.getByText("The student says").waitFor();
      await choose("nothing.png", Buffer.alloc(0));
      await look.getByText(/^It cannot be read: an empty file/).waitFor();
      await page.getByRole("textbox", { name: "Name of class tulips" }).fill('Tulpen 🌷 "a/b"');
      await page.keyboard.press("Enter");
      await look.getByRole("rowheader", { name: 'Tulpen 🌷 "a/b"' }).waitFor();

      const download = page.waitForEvent("download");
      await page.getByRole("button", { name: "Download the student" }).click();
      const zip = await (await download).path();
      await page.getByRole("textbox", { name: /^Name of class Tulpen/ }).fill("tulips");
      await page.keyboard.press("Enter");
      await look.getByRole("rowheader", { name: "tulips" }).waitFor();
      await page.locator("#take-away input[type=file]").setInputFiles(zip);
      await page.getByRole("button", { name: "Open it" }).click();
      await look.getByRole("rowheader", { name: 'Tulpen 🌷 "a/b"' }).waitFor();
    }));

  test("keeps the webcam with the class that is renamed, and gives it back with the one that is removed", () =>
    onPage(async (page) => {
      await page.getByRole("button", { name: "Make a class" }).click();
      await page.getByRole("button", { name: "Webcam for Class 1" }).click();
      await page.getByRole("button", { name: "Hold to record" }).waitFor();
      const track = await page.evaluateHandle(
        () => (document.querySelector("video")!.srcObject as MediaStream).getTracks()[0]!,
      );
      const state = () => track.evaluate(({ readyState }) => readyState);
      await page.getByRole("textbox", { name: "Name of class Class 1" }).fill("thumb up");
      await page.keyboard.press("Enter");
      await page.getByRole("textbox", { name: "Name of class thumb up" }).waitFor();
      await page.getByRole("button", { name: "Hold to record" }).waitFor();
      expect(await state()).toBe("live");
      await page.getByRole("button", { name: "Remove class thumb up" }).click();
      await page.getByText("Three ways to begin").waitFor();
      expect(await state()).toBe("ended");
    }));

  test("works, in several Workers too, where the browser lets it keep nothing", () => {
    const profile = mkdtempSync(join(tmpdir(), "deit-web-blocked-"));
    mkdirSync(join(profile, "Default"));
    const blocked = { profile: { default_content_setting_values: { cookies: 2 } } };
    writeFileSync(join(profile, "Default/Preferences"), JSON.stringify(blocked));
    const work = async (page: Page) => {
      await page.getByText("This window keeps nothing").waitFor();
      await prepare(page);
      await start(page).click();
      await page.getByRole("heading", { name: "It has learned" }).waitFor({ timeout: 60_000 });
    };
    return onPage(work, { profile, url: address(FOLDERS[0], 2) });
  });

  test("says that it needs a secure address", () => {
    const url = address().replace("127.0.0.1", "example.test");
    const flags = ["--host-resolver-rules=MAP example.test 127.0.0.1"];
    return onPage((page) => page.getByText("at https:// or on localhost only").waitFor(), { url, flags });
  });

  test("has a project of its own in each folder, in two tabs at once", () =>
    onPage(async (page) => {
      await page.getByRole("button", { name: "Make a class" }).click();
      await page.getByRole("heading", { name: "1 class, 0 pictures" }).waitFor();
      const other = await page.context().newPage();
      await other.goto(address(FOLDERS[1]));
      await other.getByText("Three ways to begin").waitFor();
    }));
});
