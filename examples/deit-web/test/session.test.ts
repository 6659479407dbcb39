// The Worker's session in Chromium: pictures, training, what a closed tab leaves, looking, files.
import type * as ComlinkModule from "comlink";
import type { Page } from "playwright-core";
import {
  type Chromium,
  findChromium,
  type LaunchOptions,
  launchChromium,
  type PageServer,
  servePages,
} from "test-kit/browser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as types from "../src/session/types.ts";
import { builtPage, WEIGHTS } from "./built-page.ts";

/** What the page of these tests has. */
declare const session: ComlinkModule.Remote<types.Session>;
declare const Comlink: typeof ComlinkModule;

const there = findChromium() !== undefined || process.env.CONFORMANCE === "all";
if (!there) process.stderr.write("session.test.ts is skipped: no chromium on the PATH (or set CHROMIUM)\n");

const SETTINGS: types.Settings = {
  ...{ start: "nothing", teaching: "features", imageSize: 32, epochs: 3, teacherEpochs: 2, seed: 7 },
};
const FLOWERS = 60;

let server: PageServer;
beforeAll(async () => {
  if (!there) return;
  server = await servePages({ folder: await builtPage("test/session-page/index.html") });
});
afterAll(() => server?.close());

interface Tab {
  readonly chromium: Chromium;
  readonly page: Page;
  readonly opened: types.Opened;
  readonly said: string[];
}

async function openTab(options: LaunchOptions = {}, query = "?backend=wasm&workers=1"): Promise<Tab> {
  const chromium = await launchChromium(options);
  const page = await chromium.context.newPage();
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(`${server.url}site/test/session-page/index.html${query}`);
  const opened = await page.evaluate(() => session.open());
  return { chromium, page, opened, said };
}

/** Trains to the end, or until a number of steps; returns what happened. */
function train(page: Page, until = Number.POSITIVE_INFINITY) {
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

/** The student's file, as taken away: `model.safetensors` is stored as it is in the zip. */
async function studentOf(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const bytes = new Uint8Array(await (await session.takeAway()).arrayBuffer());
    const view = new DataView(bytes.buffer);
    const names = new TextDecoder("latin1").decode(bytes);
    const at = names.indexOf("model.safetensors") - 30; // the local header before the name
    const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
    const next = names.indexOf("PK\u0003\u0004", start);
    const digest = await crypto.subtle.digest("SHA-256", bytes.subarray(start, next));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  });
}

const losses = (events: readonly types.TrainingEvent[], role: types.Role) =>
  events.flatMap((event) => (event.kind === "step" && event.point.role === role ? [event.point.loss] : []));

describe.runIf(there)("a session", () => {
  test("teaches a student by the features of a teacher, and keeps both", async () => {
    const tab = await openTab();
    try {
      const { page, opened } = tab;
      expect(opened).toMatchObject({
        project: { classes: [], training: { kind: "none" } },
        backend: { name: "wasm", workers: 1 },
        storage: "opfs",
        hasPublishedWeights: WEIGHTS !== undefined,
      });
      const added = await page.evaluate((count) => session.addDrawnFlowers(count), FLOWERS);
      expect(added.refused).toEqual([]);
      expect(added.project.classes.map(({ count }) => count)).toEqual([12, 12, 12, 12, 12]);
      await page.evaluate((settings) => session.setSettings(settings), SETTINGS);
      const { project, events } = await train(page);
      const [teacher, student] = [losses(events, "teacher"), losses(events, "student")];
      expect(student.at(-1)!).toBeLessThan(student[0]!);
      expect(teacher.at(-1)!).toBeLessThan(teacher[0]!);
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
        const { answers, grid, rollout } = await session.look(picture!.thumbnail);
        return { answers, grid, rollout: rollout.map((shares) => [...shares]) };
      });
      expect(look.grid).toEqual([8, 8]);
      expect(look.rollout).toHaveLength(4);
      for (const shares of look.rollout) {
        expect(shares).toHaveLength(64);
        expect(shares.reduce((sum, share) => sum + share)).toBeLessThan(1);
      }
      for (const { shares } of look.answers) expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      const effects = await page.evaluate(async () => {
        const [picture] = await session.pictures();
        const { label, falls } = await session.patchEffects(picture!.thumbnail);
        return { label, falls: [...falls] };
      });
      expect(effects.falls).toHaveLength(64);
      const first = look.answers[0]!.shares;
      expect(effects.label).toBe(first.indexOf(Math.max(...first)));
      expect(effects.falls.every((fall) => Math.abs(fall) <= 1)).toBe(true);
      expect(tab.said).toEqual([]);
    } finally {
      await tab.chromium.close();
    }
  });
});
