// The Worker's session as people use it too: everything at once, and with files of others.
import type * as ComlinkModule from "comlink";
import { findChromium, type PageServer, servePages } from "test-kit/browser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as types from "../src/session/types.ts";
import { builtPage } from "./built-page.ts";
import {
  bringBack,
  lookAtGray,
  openTab,
  prepare,
  SESSION_PAGE,
  SETTINGS,
  type Tab,
  takenAway,
  takenAwayZip,
  train,
} from "./tab.ts";
import { zipOf } from "./zip.ts";

declare const session: ComlinkModule.Remote<types.Session>;
declare const Comlink: typeof ComlinkModule;

const there = findChromium() !== undefined || process.env.CONFORMANCE === "all";
if (!there) process.stderr.write("odd-use.test.ts is skipped: no chromium on the PATH (or set CHROMIUM)\n");

/** One short training of a student alone. */
const SHORT = { ...SETTINGS, teaching: "none", epochs: 1 } as const;

let server: PageServer;
beforeAll(async () => {
  if (there) server = await servePages({ folder: await builtPage(SESSION_PAGE) });
});
afterAll(() => server?.close());

async function inTab(work: (tab: Tab) => Promise<void>): Promise<void> {
  const tab = await openTab(server.url);
  try {
    await work(tab);
    expect(tab.said).toEqual([]);
  } finally {
    await tab.chromium.close();
  }
}

describe.runIf(there)("a session that is asked for several things at once", () => {
  test("does them in turn: the classes that are removed are those that were named", () =>
    inTab(async ({ page }) => {
      const classes = await page.evaluate(async () => {
        for (const name of ["a", "b", "c"]) await session.addClass(name);
        await Promise.all([session.removeClass("a"), session.removeClass("b")]);
        return (await session.addClass("d")).classes.map(({ name }) => name);
      });
      expect(classes).toEqual(["c", "d"]);
    }));

  test("removes a class with the pictures that are being added to it, and learns from what was added before", () =>
    inTab(async ({ page }) => {
      await page.evaluate((settings) => session.setSettings(settings), SHORT);
      const [added, removed, trained] = await page.evaluate(async () => {
        const adding = session.addDrawnFlowers(60);
        const removing = session.removeClass("roses").catch((error: Error) => error.message);
        const training = session.train(Comlink.proxy(() => {}));
        return Promise.all([adding.then(({ project }) => project), removing, training]);
      });
      expect(added.classes).toHaveLength(5);
      expect((removed as types.Project).classes.map(({ name }) => name)).not.toContain("roses");
      expect(trained.classes.map(({ count }) => count)).toEqual([12, 12, 12, 12]);
      expect(trained.training.kind).toBe("done");
      expect((await lookAtGray(page)).size).toBe(4);
    }));

  test("answers with a model that is replaced meanwhile", () =>
    inTab(async ({ page }) => {
      await prepare(page, 30, { ...SHORT, imageSize: 64 });
      await train(page);
      const results = await page.evaluate(async () => {
        const [picture] = await session.pictures();
        const bitmap = await createImageBitmap(picture!.thumbnail);
        const begun = new Promise<void>((resolve) => {
          void session.patchEffects(bitmap).then(
            () => {},
            () => {},
          );
          setTimeout(resolve, 20);
        });
        const effects = session.patchEffects(bitmap).then(({ falls }) => falls.length, String);
        const look = session.look(bitmap).then(({ classNames }) => classNames.length, String);
        await begun;
        const taken = session.takeAway().then(({ size }) => size > 1e6, String);
        const training = session.train(Comlink.proxy(() => {})).then(({ training }) => training.kind, String);
        return Promise.all([effects, look, taken, training]);
      });
      expect(results).toEqual([64, 5, true, "done"]);
    }));

  test("says that it could not save when it is stopped", () =>
    inTab(async ({ page }) => {
      await prepare(page, 60);
      await train(page, 2);
      const devtools = await page.context().newCDPSession(page);
      const { origin } = new URL(page.url());
      const { usage } = await devtools.send("Storage.getUsageAndQuota", { origin });
      await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: usage + 1e5 });
      await expect(train(page, 2)).rejects.toThrow("The browser has no room to save the training");
    }));

  test("keeps pictures while more are added, and no files of a tab that was closed in between", () =>
    inTab(async ({ page }) => {
      const adding = page.evaluate(async () => {
        const onProgress = (done: number) => void Object.assign(globalThis, { done });
        await session.addDrawnFlowers(2000, Comlink.proxy(onProgress));
      });
      adding.catch(() => {}); // the page is loaded anew
      await page.waitForFunction(() => (globalThis as { done?: number }).done! >= 40);
      await page.reload();
      const { project } = await page.evaluate(() => session.open());
      const count = project.classes.reduce((sum, one) => sum + one.count, 0);
      expect(count).toBeGreaterThanOrEqual(32);
      expect(count % 32).toBe(0);
      expect(await page.evaluate(countPictureFiles)).toBe(count);
    }));

  test("keeps the name of what was learned if another class gets the one that was removed", () =>
    inTab(async ({ page }) => {
      await prepare(page, 30, SHORT);
      await train(page);
      await page.evaluate(async () => {
        await session.removeClass("roses");
        await session.renameClass("tulips", "roses");
      });
      const names = [...(await lookAtGray(page)).keys()];
      expect(names.sort()).toEqual(["daisy", "dandelion", "roses", "sunflowers", "tulips"]);
    }));
});

/** Files of pictures in the browser's storage. */
async function countPictureFiles(): Promise<number> {
  const folders = [await navigator.storage.getDirectory()];
  let count = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const inside = folder as unknown as AsyncIterable<[string, FileSystemHandle]>;
    for await (const [name, handle] of inside) {
      if (handle.kind === "directory") folders.push(handle as FileSystemDirectoryHandle);
      else if (name.startsWith("picture-")) count += 1;
    }
  }
  return count;
}

describe.runIf(there)("a student that is damaged or another program's", () => {
  test("is refused, and what was learned here stays", { timeout: 120_000 }, () =>
    inTab(async ({ page }) => {
      await prepare(page, 30, SHORT);
      const { project } = await train(page);
      const answers = await lookAtGray(page);
      const whole = await takenAwayZip(page);
      const files = await takenAway(page);
      const settings = JSON.parse(files.get("settings.json")!.toString());
      const weights = files.get("model.safetensors")!;
      const withSettings = (change: object) =>
        zipOf({
          "settings.json": Buffer.from(JSON.stringify({ ...settings, ...change })),
          "model.safetensors": weights,
        });
      const withWeights = (bytes: Buffer, level?: number) =>
        zipOf({ "settings.json": files.get("settings.json")!, "model.safetensors": bytes }, level);
      const flipped = Buffer.from(whole);
      flipped[flipped.indexOf(weights.subarray(-1000)) + 3]! ^= 0x55;
      const notThis = "This is not a student of this page: ";
      const [step] = settings.curves.steps;
      const refused: [Buffer, string][] = [
        [flipped, "The file is damaged: model.safetensors cannot be read (Invalid CRC32)."],
        [await withWeights(Buffer.alloc(80e6), 9), `${notThis}model.safetensors has 80000000 bytes, and `],
        [await withWeights(Buffer.alloc(0)), "The student does not fit its settings: "],
        [await zipOf({ "settings.txt": weights }), `${notThis}the file has no settings.json.`],
        [await zipOf({ "../settings.json": weights }), "This is not a zip file that can be read."],
        [await withSettings({ format: undefined }), "settings.json was written by another program"],
        [await withSettings({ models: {} }), "settings.json holds figures of models that cannot be"],
        [await withSettings({ models: [null] }), "settings.json holds figures of models that cannot be"],
        [
          await withSettings({ models: [{ role: "student", params: 1, right: 3, of: 2 }] }),
          "settings.json holds figures of models that cannot be",
        ],
        [await withSettings({ curves: null }), "settings.json holds curves that cannot be drawn"],
        [
          await withSettings({ curves: { steps: [{ ...step, loss: null }], epochs: [] } }),
          "settings.json holds curves that cannot be drawn",
        ],
        [
          await withSettings({ curves: { steps: [], epochs: [step] } }),
          "settings.json holds curves that cannot be drawn",
        ],
        [
          await withSettings({ settings: { ...SHORT, imageSize: 224 } }),
          "The student does not fit its settings: loadWeights: ",
        ],
        [
          await withSettings({ settings: { ...SHORT, epochs: 1e300 } }),
          "settings.json holds a setting that does not exist (settings: epochs must be an integer in [1, 10000], got 1e+300)",
        ],
        [
          await withSettings({ settings: { ...SHORT, seed: -1 } }),
          "settings.json holds a setting that does not exist",
        ],
        [
          await withSettings({ classNames: ["a", " a"] }),
          "settings.json does not name two different classes",
        ],
      ];
      for (const [zip, reason] of refused) await expect(bringBack(page, zip)).rejects.toThrow(reason);
      expect(await lookAtGray(page)).toEqual(answers);
      await page.reload();
      expect((await page.evaluate(() => session.open())).project).toEqual(project);
      expect(await lookAtGray(page)).toEqual(answers);
      expect((await bringBack(page, whole)).training).toEqual(project.training);
    }),
  );
});
