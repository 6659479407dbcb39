// A tab with the Worker's session and no page around it.
import type * as ComlinkModule from "comlink";
import type { Page } from "playwright-core";
import { type Chromium, type LaunchOptions, launchChromium } from "test-kit/browser";
import type * as types from "../src/session/types.ts";

/** What the page of these tests has. */
declare const session: ComlinkModule.Remote<types.Session>;
declare const Comlink: typeof ComlinkModule;

/** The page of these tests, to be built. */
export const SESSION_PAGE = "test/session-page/index.html";

/** A tab whose session is open. */
export interface Tab {
  readonly chromium: Chromium;
  readonly page: Page;
  readonly opened: types.Opened;
  /** What it has written to the console. */
  readonly said: readonly string[];
}

/** Settings with which a student of some pictures is trained in seconds. */
export const SETTINGS: types.Settings = {
  ...{ start: "nothing", teaching: "features", imageSize: 32, epochs: 3, teacherEpochs: 2, seed: 7 },
};

/** Opens a tab on one thread of WASM, unless the query says otherwise. */
export async function openTab(
  url: string,
  options: LaunchOptions = {},
  query = "?backend=wasm&workers=1",
): Promise<Tab> {
  const chromium = await launchChromium(options);
  const page = await chromium.context.newPage();
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(`${url}site/${SESSION_PAGE}${query}`);
  const opened = await page.evaluate(() => session.open());
  return { chromium, page, opened, said };
}

/** Draws flowers and chooses settings. */
export async function prepare(page: Page, flowers: number, settings = SETTINGS): Promise<types.Added> {
  const added = await page.evaluate((count) => session.addDrawnFlowers(count), flowers);
  await page.evaluate((chosen) => session.setSettings(chosen), settings);
  return added;
}

/** Trains to the end, or until a number of steps; returns what happened. */
export function train(page: Page, until = Number.MAX_SAFE_INTEGER) {
  return page.evaluate(async (last) => {
    const events: types.TrainingEvent[] = [];
    let steps = 0;
    const project = await session.train(
      Comlink.proxy((event: types.TrainingEvent) => {
        events.push(event);
        if (event.kind === "step" && ++steps === last) void session.stop();
      }),
    );
    return { project, events };
  }, until);
}

/** The student's zip file. */
export async function takenAwayZip(page: Page): Promise<Buffer> {
  const text = await page.evaluate(async () => {
    const bytes = new Uint8Array(await (await session.takeAway()).arrayBuffer());
    let binary = "";
    for (let i = 0; i < bytes.length; i += 0x8000)
      binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    return btoa(binary);
  });
  return Buffer.from(text, "base64");
}

/** Its files by their paths. */
export async function takenAway(page: Page): Promise<Map<string, Buffer>> {
  return zipFiles(await takenAwayZip(page));
}

/** Opens a taken-away student. */
export function bringBack(page: Page, zip: Buffer): Promise<types.Project> {
  return page.evaluate(
    (text) => session.bringBack(new Blob([Uint8Array.from(atob(text), (one) => one.charCodeAt(0))])),
    zip.toString("base64"),
  );
}

/** Files of a zip by their paths. */
async function zipFiles(bytes: Buffer): Promise<Map<string, Buffer>> {
  const { BlobReader, configure, Uint8ArrayWriter, ZipReader } = await import("@zip.js/zip.js");
  configure({ useWebWorkers: false });
  const reader = new ZipReader(new BlobReader(new Blob([Uint8Array.from(bytes)])));
  const files = new Map<string, Buffer>();
  for (const entry of await reader.getEntries())
    if (!entry.directory)
      files.set(entry.filename, Buffer.from(await entry.getData!(new Uint8ArrayWriter())));
  return files;
}

/** Losses of a model's steps. */
export const losses = (events: readonly types.TrainingEvent[], role: types.Role): number[] =>
  events.flatMap((event) => (event.kind === "step" && event.point.role === role ? [event.point.loss] : []));

/** Mean losses of a model's epochs, over all training pictures. */
export const epochLosses = ({ training }: types.Project, role: types.Role): number[] =>
  training.kind === "none"
    ? []
    : training.curves.epochs.filter((point) => point.role === role).map(({ loss }) => loss);

/** The student's answer for a gray picture, by class. */
export async function lookAtGray(page: Page): Promise<Map<string, number>> {
  const answers = await page.evaluate(async () => {
    const picture = new ImageData(40, 30);
    for (let i = 0; i < picture.data.length; i++) picture.data[i] = i % 4 === 3 ? 255 : 127;
    const look = await session.look(await createImageBitmap(picture));
    const { shares } = look.answers.find(({ role }) => role === "student")!;
    return shares.map((share, label) => [look.classNames[label]!, share] as const);
  });
  return new Map(answers);
}

/** Looks at a picture again and again while a training runs. @returns How often there was an answer. */
export async function lookWhile(page: Page, training: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  training.then(over, over);
  let looks = 0;
  while (!isOver) {
    try {
      await lookAtGray(page);
      looks += 1;
    } catch (error) {
      // In the beginning there is no student.
      if (!/There is no model yet|no student|undefined/.test((error as Error).message)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return looks;
}
