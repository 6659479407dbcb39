// Replicas in Workers, in Chromium: of a page and of a Worker, with shared memory and without.
import { errorOverLargest } from "test-kit";
import {
  bundled,
  type Chromium,
  findChromium,
  launchChromium,
  type Page,
  type PageServer,
  servePages,
} from "test-kit/browser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ran, Work } from "./replicas-page.ts";

const hasChromium = findChromium() !== undefined;
if (!hasChromium) {
  process.stderr.write("replicas.test.ts is skipped: no chromium on the PATH (or set CHROMIUM)\n");
}
let chromium: Chromium;
const servers: PageServer[] = [];
const pages: Page[] = [];
const said: string[] = [];

beforeAll(async () => {
  if (!hasChromium) return;
  const script = await bundled(new URL("replicas-page.ts", import.meta.url));
  chromium = await launchChromium();
  for (const isolated of [false, true]) {
    const server = await servePages({ files: { "/page.js": script, "/unreadable.js": "const (" }, isolated });
    const page = await chromium.context.newPage();
    page.on("console", (message) => {
      // startBackend looks there for a bundler's file
      if (!message.location().url.endsWith("/dist/tfjs-backend-wasm.wasm")) said.push(message.text());
    });
    page.on("pageerror", (error) => said.push(String(error)));
    await page.goto(server.url);
    await page.waitForFunction("globalThis.replicas");
    servers.push(server);
    pages.push(page);
  }
});
afterAll(async () => {
  await chromium?.close();
  await Promise.all(servers.map((server) => server.close()));
});

function run(page: Page, work: Work, where: "run" | "runInSession" = "run"): Promise<Ran> {
  return page.evaluate(`replicas.${where}(${JSON.stringify(work)})`) as Promise<Ran>;
}

describe.runIf(hasChromium)("replicas in Workers", () => {
  test("agree with one, and give the same bits with shared memory and without, in a page and in a Worker", async () => {
    const one = await run(pages[0]!, { replicas: 1 });
    expect(one.losses.length).toBe(6);
    expect(one.losses.at(-1)!).toBeLessThan(one.losses[0]!);
    for (const replicas of [2, 3]) {
      const [copied, shared] = [
        await run(pages[0]!, { replicas }),
        await run(pages[1]!, { replicas }, "runInSession"),
      ];
      expect([copied.isolated, shared.isolated]).toEqual([false, true]);
      expect(errorOverLargest(copied.losses, one.losses)).toBeLessThan(1e-4);
      expect(errorOverLargest(copied.weights, one.weights)).toBeLessThan(1e-4);
      expect(shared.losses).toEqual(copied.losses);
      expect(shared.weights).toEqual(copied.weights);
    }
    expect(said).toEqual([]);
  });

  test("wait for a script that serves late, and leave its other listeners alone", async () => {
    const ran = await run(pages[0]!, { replicas: 2, role: "replica late" });
    expect(ran.message).toBeUndefined();
    expect(ran.losses.length).toBe(6);
    const twice = "Error: serveReplicaWorker: expected one call in a Worker, got another";
    expect(ran.pings).toEqual([`replica late 1: ${twice}`, `replica late 2: ${twice}`]);
  });

  test.each<[string, Omit<Work, "replicas">, RegExp]>([
    [
      "throws in a pass",
      { fails: "throw" },
      /^Error: replica 2: the teacher has left; in epoch 1, batch 2, before step 2/,
    ],
    ["throws in its setup", { fails: "setup" }, /^Error: replica 2: no teacher here$/],
    [
      "throws in a timer",
      { fails: "timer" },
      /^Error: replica 2: RangeError: a timer's error \(http.+page\.js:\d+\); in epoch/,
    ],
    ["ends itself", { fails: "close" }, /^Error: replica 2: its Worker has ended; in epoch/],
    [
      "throws when it is loaded",
      { role: "broken" },
      /^Error: replica [12]: SyntaxError: not this one \(http/,
    ],
    [
      "has no script",
      { script: "/none.js" },
      /^Error: replica [12]: its Worker's script could not be loaded or read$/,
    ],
    [
      "has a script that cannot be read",
      { script: "/unreadable.js" },
      /^Error: replica [12]: its Worker's script could not be loaded or read$/,
    ],
    [
      "does not serve",
      { role: "idle", startSeconds: 0.5 },
      /^Error: replica [12]: its Worker's script has not called serveReplicaWorker of train-loop\/browser within 0\.5 seconds \(setup\.startSeconds\)$/,
    ],
    [
      "gets data that cannot be cloned",
      { fails: "uncloneable" },
      /^Error: replica [12]: setup\.data must be cloneable: .+could not be cloned/s,
    ],
    [
      "is none",
      { fails: "no Worker" },
      /^TypeError: fit: setup\.worker\(1\) must return a Worker, got \[object Object\]$/,
    ],
    [
      "is a module of Node",
      { fails: "module" },
      /^TypeError: fit: setup\.module is for Node's worker threads; in a browser expected setup\.worker, /,
    ],
  ])("end the run if one %s", async (_, work, message) => {
    const ran = await run(pages[0]!, { replicas: 2, ...work });
    expect(ran.message).toMatch(message);
  });

  test("are served in Workers only", async () => {
    expect(await pages[0]!.evaluate("replicas.outside()")).toBe(
      "Error: serveReplicaWorker: expected to be called in a Worker that fit has made by its setup.worker, got another scope",
    );
  });
});
