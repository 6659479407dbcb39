// The Worker's session in Chromium: pictures, training, what a closed tab leaves, looking, files.
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as ComlinkModule from "comlink";
import { errorOverLargest, sharedData } from "test-kit";
import { findChromium, type PageServer, servePages } from "test-kit/browser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as types from "../src/session/types.ts";
import { builtPage, WEIGHTS } from "./built-page.ts";
import {
  bringBack,
  epochLosses,
  lookAtGray,
  lookWhile,
  losses,
  openTab,
  prepare,
  SESSION_PAGE,
  SETTINGS,
  takenAway,
  takenAwayZip,
  train,
} from "./tab.ts";

declare const session: ComlinkModule.Remote<types.Session>;
declare const Comlink: typeof ComlinkModule;

const there = findChromium() !== undefined || process.env.CONFORMANCE === "all";
if (!there) process.stderr.write("session.test.ts is skipped: no chromium on the PATH (or set CHROMIUM)\n");

const FLOWERS = 60;
const PHOTOS = sharedData("data/flowers/originals");
/** Events of a life before it is killed: steps, ends of epochs and checkpoints, of which a model has one every twelve steps. */
const KILL_AFTER = [1, 4, 15, 2, 16, 17, 3, 14];

let server: PageServer;
beforeAll(async () => {
  if (there) server = await servePages({ folder: await builtPage(SESSION_PAGE) });
});
afterAll(() => server?.close());

describe.runIf(there)("a session", () => {
  test("teaches a student by the features of a teacher, and keeps both", async () => {
    const tab = await openTab(server.url);
    try {
      const { page, opened } = tab;
      expect(opened).toMatchObject({
        project: { classes: [], training: { kind: "none" } },
        backend: { name: "wasm", workers: 1 },
        storage: "opfs",
        hasPublishedWeights: WEIGHTS !== undefined,
      });
      const added = await prepare(page, FLOWERS, { ...SETTINGS, teacherEpochs: 4, epochs: 4 });
      expect(added.refused).toEqual([]);
      expect(added.project.classes.map(({ count }) => count)).toEqual([12, 12, 12, 12, 12]);
      const { project } = await train(page);
      for (const role of ["teacher", "student"] as const) {
        const epochs = epochLosses(project, role);
        expect(epochs).toHaveLength(4);
        expect(epochs.at(-1)!).toBeLessThan(epochs[0]!);
      }
      expect(project.training).toMatchObject({ kind: "done" });
      const { models } = project.training as Extract<types.TrainingState, { kind: "done" }>;
      expect(models.map(({ role }) => role)).toEqual(["student", "teacher"]);
      for (const { right, of, params } of models) {
        expect(of).toBeGreaterThan(5);
        expect(right).toBeLessThanOrEqual(of);
        expect(params).toBeGreaterThan(1e5);
      }
      const look = await page.evaluate(async () => {
        const [picture] = await session.pictures();
        const { classNames, answers, grid, rollout } = await session.look(picture!.thumbnail);
        return { classNames, answers, grid, rollout: rollout.map((shares) => [...shares]) };
      });
      expect(look.grid).toEqual([4, 4]);
      expect(look.rollout).toHaveLength(4);
      for (const shares of look.rollout) {
        expect(shares).toHaveLength(16);
        expect(shares.reduce((sum, share) => sum + share)).toBeLessThan(1);
      }
      for (const { shares } of look.answers) expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      const effects = await page.evaluate(async () => {
        const [picture] = await session.pictures();
        const { className, falls } = await session.patchEffects(picture!.thumbnail);
        return { className, falls: [...falls] };
      });
      expect(effects.falls).toHaveLength(16);
      const first = look.answers[0]!.shares;
      expect(effects.className).toBe(look.classNames[first.indexOf(Math.max(...first))]);
      expect(effects.falls.every((fall) => Math.abs(fall) <= 1)).toBe(true);
      expect(tab.said).toEqual([]);
    } finally {
      await tab.chromium.close();
    }
  });

  test("goes on where it was stopped, in a tab that was closed and opened again, with the same bits", async () => {
    const whole = await openTab(server.url);
    const broken = await openTab(server.url);
    try {
      await prepare(whole.page, FLOWERS);
      const { events, project } = await train(whole.page);
      await prepare(broken.page, FLOWERS);
      const seen: types.TrainingEvent[] = [];
      for (const steps of [3, 15, 9]) {
        const { project: stopped, events: some } = await train(broken.page, steps);
        seen.push(...some);
        expect(stopped.training.kind).toBe("unfinished");
        await broken.page.reload();
        const { project: found } = await broken.page.evaluate(() => session.open());
        expect(found).toEqual(stopped);
        await broken.page.evaluate(() => session.renameClass("roses", "more roses")); // changes no bit
        await broken.page.evaluate(() => session.renameClass("more roses", "roses"));
      }
      const last = await train(broken.page);
      seen.push(...last.events);
      for (const role of ["teacher", "student"] as const)
        expect(losses(seen, role)).toEqual(losses(events, role));
      expect(last.project).toEqual(project); // curves too
      const [expected, found] = [await takenAway(whole.page), await takenAway(broken.page)];
      expect([...found.keys()]).toEqual([...expected.keys()]);
      for (const [name, bytes] of expected) expect(found.get(name)!.equals(bytes), name).toBe(true);
    } finally {
      await Promise.all([whole.chromium.close(), broken.chromium.close()]);
    }
  });

  test("that is stopped goes on with the same pictures and choices only", async () => {
    const tab = await openTab(server.url);
    try {
      await prepare(tab.page, FLOWERS);
      await train(tab.page, 3);
      await tab.page.evaluate((settings) => session.setSettings({ ...settings, seed: 8 }), SETTINGS);
      await expect(train(tab.page)).rejects.toThrow(
        "The choices have changed since the training was stopped: start anew, or undo the change.",
      );
      await tab.page.evaluate((settings) => session.setSettings(settings), SETTINGS);
      await tab.page.evaluate(() => session.removeClass("roses"));
      await expect(train(tab.page)).rejects.toThrow("The pictures have changed");
      const project = await tab.page.evaluate(() => session.forgetTraining());
      expect(project.training).toEqual({ kind: "none" });
      expect((await train(tab.page, 2)).project.training.kind).toBe("unfinished");
    } finally {
      await tab.chromium.close();
    }
  });

  test("shares a training on WASM among Workers, with the same losses", async () => {
    // The teacher begins with a head of zeros, from which AdamW makes its first rounding error large: its first steps are compared.
    const settings = { ...SETTINGS, teacherEpochs: 1, epochs: 1 };
    const runs = [];
    for (const workers of [1, 2]) {
      const tab = await openTab(server.url, {}, `?backend=wasm&workers=${workers}`);
      try {
        expect(tab.opened.backend.workers).toBe(workers);
        await prepare(tab.page, FLOWERS, settings);
        const { events } = await train(tab.page);
        runs.push([...losses(events, "teacher"), ...losses(events, "student")]);
      } finally {
        await tab.chromium.close();
      }
    }
    expect(runs[1]).toHaveLength(runs[0]!.length);
    const [one, two] = runs.map((all) => all.slice(0, 8));
    expect(errorOverLargest(two!, one!)).toBeLessThan(1e-4);
  });

  test("shares a student's training among Workers, with the same losses", async () => {
    const runs = [];
    for (const workers of [1, 2]) {
      const tab = await openTab(server.url, {}, `?backend=wasm&workers=${workers}`);
      try {
        await prepare(tab.page, FLOWERS, { ...SETTINGS, teaching: "none", epochs: 2 });
        runs.push(losses((await train(tab.page)).events, "student"));
      } finally {
        await tab.chromium.close();
      }
    }
    expect(runs[1]).toHaveLength(runs[0]!.length);
    expect(errorOverLargest(runs[1]!, runs[0]!)).toBeLessThan(1e-4);
  });

  test("takes a student away, and another one opens it with the same answers", async () => {
    const [here, there] = [await openTab(server.url), await openTab(server.url)];
    try {
      await prepare(here.page, FLOWERS, { ...SETTINGS, teaching: "answers", epochs: 1, teacherEpochs: 1 });
      await train(here.page);
      const files = await takenAway(here.page);
      expect([...files.keys()].sort()).toEqual([
        ...["README.md", "config.json", "model.safetensors", "onnx/model.onnx", "preprocessor_config.json"],
        ...["settings.json", "tfjs/group1-shard1of1.bin", "tfjs/model.json"],
        ...["timm/config.json", "timm/model.safetensors"],
      ]);
      const answersOf = (page: typeof here.page) =>
        page.evaluate(async () => {
          const picture = new ImageData(40, 30);
          for (let i = 0; i < picture.data.length; i++) picture.data[i] = i % 4 === 3 ? 255 : (i * 7) % 256;
          const { answers } = await session.look(await createImageBitmap(picture));
          return answers.find(({ role }) => role === "student")!.shares;
        });
      const expected = await answersOf(here.page);
      await expect(answersOf(there.page)).rejects.toThrow("There is no model yet: teach it first.");
      const zip = await takenAwayZip(here.page);
      const project = await bringBack(there.page, zip);
      expect(project.classes.map(({ name }) => name)).toEqual(
        JSON.parse(files.get("settings.json")!.toString()).classNames,
      );
      expect(project.training.kind).toBe("done");
      expect(await answersOf(there.page)).toEqual(expected);
      for (const bytes of [zip.subarray(0, 1000), Buffer.from("no zip")])
        await expect(bringBack(there.page, bytes)).rejects.toThrow(
          "This is not a zip file that can be read.",
        );
      expect(await answersOf(there.page)).toEqual(expected);
    } finally {
      await Promise.all([here.chromium.close(), there.chromium.close()]);
    }
  });

  test("may be looked at while it trains, and after it was stopped, which changes no bit", async () => {
    const [alone, watched] = [await openTab(server.url), await openTab(server.url)];
    try {
      await prepare(alone.page, FLOWERS);
      await train(alone.page);
      await prepare(watched.page, FLOWERS);
      const training = train(watched.page, 40);
      const looking = lookWhile(watched.page, training);
      await training;
      expect(await looking).toBeGreaterThan(2);
      void lookAtGray(watched.page).catch(() => {}); // the reload ends a look
      await watched.page.reload();
      await watched.page.evaluate(() => session.open());
      const student = await lookAtGray(watched.page); // as it was saved
      expect([...student.values()].reduce((sum, share) => sum + share)).toBeCloseTo(1, 5);
      await train(watched.page);
      const [expected, found] = [await takenAway(alone.page), await takenAway(watched.page)];
      expect(found.get("model.safetensors")!.equals(expected.get("model.safetensors")!)).toBe(true);
    } finally {
      await Promise.all([alone.chromium.close(), watched.chromium.close()]);
    }
  });

  test.each(["none", "answers", "features"] as const)(
    "fine-tunes published weights with %s of a teacher",
    async (teaching) => {
      if (WEIGHTS === undefined) return;
      const tab = await openTab(server.url);
      try {
        const few = { imageSize: 32, epochs: 1, teacherEpochs: 1 };
        await prepare(tab.page, 10, { ...SETTINGS, ...few, start: "published", teaching });
        const { project } = await train(tab.page);
        const taught = teaching === "none" ? [] : [{ role: "teacher" }];
        expect(project.training).toMatchObject({ kind: "done", models: [{ role: "student" }, ...taught] });
        expect((await takenAway(tab.page)).has("onnx/model.onnx")).toBe(true);
      } finally {
        await tab.chromium.close();
      }
    },
  );

  test("whose trained student is gone says so, and keeps the pictures", async () => {
    const tab = await openTab(server.url);
    try {
      await prepare(tab.page, FLOWERS, { ...SETTINGS, teaching: "none", epochs: 1 });
      await train(tab.page);
      await tab.page.evaluate(async () => {
        const find = async (folder: FileSystemDirectoryHandle): Promise<void> => {
          const inside = folder as unknown as AsyncIterable<[string, FileSystemHandle]>;
          for await (const [name, handle] of inside) {
            if (handle.kind === "directory") await find(handle as FileSystemDirectoryHandle);
            else if (name === "student.safetensors") await folder.removeEntry(name);
          }
        };
        await find(await navigator.storage.getDirectory());
      });
      await tab.page.reload();
      const { project, problem } = await tab.page.evaluate(() => session.open());
      expect(problem).toMatch(/^What was learned could not be opened, and is to be learned anew: /);
      expect(project).toMatchObject({ training: { kind: "none" } });
      expect(project.classes.map(({ count }) => count)).toEqual([12, 12, 12, 12, 12]);
      expect((await train(tab.page)).project.training.kind).toBe("done");
    } finally {
      await tab.chromium.close();
    }
  });

  test("is open in one tab at a time", async () => {
    const tab = await openTab(server.url);
    try {
      const other = await tab.chromium.context.newPage();
      await other.goto(tab.page.url());
      await expect(other.evaluate(() => session.open().then(() => {}))).rejects.toThrow(
        "This page is open in another tab, with your pictures: go there, or close that one.",
      );
      await tab.page.close();
      await other.reload();
      expect((await other.evaluate(() => session.open())).storage).toBe("opfs");
    } finally {
      await tab.chromium.close();
    }
  });

  test("says how much room is missing, and goes on from what was saved when there is some", async () => {
    const whole = await openTab(server.url);
    const tab = await openTab(server.url);
    try {
      await prepare(whole.page, FLOWERS);
      const { project: expected } = await train(whole.page);
      await prepare(tab.page, FLOWERS);
      const devtools = await tab.page.context().newCDPSession(tab.page);
      const { origin } = new URL(tab.page.url());
      const { usage } = await devtools.send("Storage.getUsageAndQuota", { origin });
      await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: usage + 2.5e6 });
      await expect(train(tab.page)).rejects.toThrow(
        /The browser has no room to save the training: it needs [\d.]+ MB; this site keeps /,
      );
      await devtools.send("Storage.overrideQuotaForOrigin", { origin });
      const { project } = await train(tab.page);
      expect(project).toEqual(expected);
    } finally {
      await Promise.all([whole.chromium.close(), tab.chromium.close()]);
    }
  });

  test("trains and looks on WebGPU, where there is one", { timeout: 240_000 }, async ({ skip }) => {
    const tab = await openTab(server.url, { gpu: "emulated" });
    try {
      const isThere = await tab.page.evaluate(async () => {
        const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<object | null> } };
        return ((await gpu?.requestAdapter()) ?? null) !== null;
      });
      if (!isThere) {
        process.stderr.write("a session on WebGPU is not tested: this Chromium emulates none\n");
        skip();
      }
      await tab.page.goto(`${server.url}site/${SESSION_PAGE}?backend=webgpu`);
      const { backend } = await tab.page.evaluate(() => session.open());
      expect(backend).toMatchObject({ name: "webgpu", workers: 1 });
      await prepare(tab.page, 10, { ...SETTINGS, teaching: "none", epochs: 1 });
      const { project } = await train(tab.page);
      expect(project.training).toMatchObject({ kind: "done", models: [{ role: "student" }] });
      const shares = await lookAtGray(tab.page);
      expect([...shares.values()].reduce((sum, share) => sum + share)).toBeCloseTo(1, 5);
    } finally {
      await tab.chromium.close();
    }
  });

  test.runIf(WEIGHTS !== undefined && PHOTOS !== undefined)(
    "fine-tunes DeiT-Ti on real photos",
    { timeout: 180_000 },
    async () => {
      const tab = await openTab(server.url);
      try {
        const photos = readdirSync(PHOTOS!).flatMap((className) =>
          readdirSync(join(PHOTOS!, className)).map((name) => {
            const bytes = readFileSync(join(PHOTOS!, className, name)).toString("base64");
            return { className, name, bytes };
          }),
        );
        const added = await tab.page.evaluate(
          async (files) =>
            session.addPictures(
              files.map(({ className, name, bytes }) => ({
                ...{ className, name },
                picture: new Blob([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))]),
              })),
            ),
          [...photos, { className: "daisy", name: "notes.jpg", bytes: btoa("no picture") }],
        );
        expect(added.project.classes).toHaveLength(5);
        expect(added.pictures).toHaveLength(photos.length);
        expect(added.refused.map(({ name }) => name)).toEqual(["notes.jpg"]);
        const settings = {
          ...SETTINGS,
          start: "published",
          teaching: "none",
          imageSize: 64,
          epochs: 3,
        } as const;
        await tab.page.evaluate((chosen) => session.setSettings(chosen), settings);
        const { project } = await train(tab.page);
        const epochs = epochLosses(project, "student");
        expect(epochs.at(-1)!).toBeLessThan(epochs[0]!);
        expect(project.training).toMatchObject({
          kind: "done",
          models: [{ role: "student", params: 5_490_821 }],
        });
      } finally {
        await tab.chromium.close();
      }
    },
  );
});

describe.runIf(there)("a tab that is killed", () => {
  test("twenty times ends with the same bits", { timeout: 300_000 }, async () => {
    const settings = { ...SETTINGS, teacherEpochs: 4, epochs: 9 };
    const whole = await openTab(server.url);
    await prepare(whole.page, FLOWERS, settings);
    await train(whole.page);
    const expected = (await takenAway(whole.page)).get("model.safetensors")!;
    await whole.chromium.close();

    const profile = mkdtempSync(join(tmpdir(), "deit-web-killed-"));
    const first = await openTab(server.url, { profile });
    await prepare(first.page, FLOWERS, settings);
    await first.chromium.close();
    const places: number[] = [];
    for (let life = 0; life < 20; life++) {
      const { chromium, page, opened } = await openTab(server.url, { profile });
      const { training } = opened.project;
      places.push(
        training.kind === "unfinished" ? training.step + (training.role === "student" ? 16 : 0) : 0,
      );
      const killed = new Promise<void>((resolve, reject) => {
        let events = 0;
        const onEvent = () => {
          if (++events === KILL_AFTER[life % KILL_AFTER.length]) chromium.kill().then(resolve, reject);
        };
        page.exposeFunction("onEvent", onEvent).then(
          () =>
            page
              .evaluate(() => {
                const told = Comlink.proxy(
                  () => void (globalThis as unknown as { onEvent(): void }).onEvent(),
                );
                return session.train(told).then(() => {});
              })
              .catch(() => {}), // the browser is gone
        );
      });
      await killed;
    }
    expect(places.at(-1)!).toBeGreaterThan(places[0]!);
    const last = await openTab(server.url, { profile });
    try {
      await train(last.page);
      expect((await takenAway(last.page)).get("model.safetensors")!.equals(expected)).toBe(true);
    } finally {
      await last.chromium.close();
    }
  });
});
