// The packages in a browser: bundled as an application bundles them, with tfjs' plain and its threaded build.

import { largestDifference } from "test-kit";
import { bundled, findChromium, resultOfPage } from "test-kit/browser";
import { beforeAll, describe, expect, test } from "vitest";
import type { Captured } from "./browser/capture.ts";
import type { LostDevice } from "./browser/lose-device.ts";
import { type Trained, train } from "./browser/train.ts";

/** The same instructions in the same order; tfjs' own threads may sum in another. */
const SAME_BUILD = 1e-5;
/** Fused multiply-add rounds otherwise, over five steps that amplify it. */
const OTHER_BUILD = 1e-4;

const chromium = findChromium();
if (chromium === undefined) {
  process.stderr.write("browser.test.ts is skipped: no chromium on the PATH (or set CHROMIUM)\n");
}

let script = "";
let inNode: Trained;

beforeAll(async () => {
  if (chromium === undefined) return;
  script = await bundled(new URL("browser/page.ts", import.meta.url));
  inNode = await train();
});

describe.runIf(chromium !== undefined).each([
  ["a page, in tfjs' SIMD build", false],
  ["a cross-origin isolated page, in tfjs' threaded build with shared memory", true],
])("%s", (_, isolated) => {
  test("trains with the kernels as Node does", async () => {
    const result = (await resultOfPage(chromium!, script, { isolated })) as Trained & { error?: string };
    expect(result.error).toBeUndefined();
    expect(result.best).toBe("relaxed-simd");
    expect(result.why).toBe(isolated ? "threads share tfjs' memory" : "only Node can turn on 256");
    expect(result.shared).toBe(isolated);
    expect(result.threads).toBe(isolated ? 2 : 1);
    expect(largestDifference(result.convolved, inNode.convolved)).toBeLessThan(SAME_BUILD);
    const expected = inNode.losses.simd!;
    expect(expected.at(-1)!).toBeLessThan(expected[0]!);
    expect(largestDifference(result.losses.simd ?? [], expected)).toBeLessThan(SAME_BUILD);
    expect(largestDifference(result.losses[result.best] ?? [], expected)).toBeLessThan(OTHER_BUILD);
  });
});

describe.runIf(chromium !== undefined)("a page whose GPU device is lost while it trains", () => {
  test("is told so, with the last checkpoint, and the run can be gone on with", async ({ skip }) => {
    const page = await bundled(new URL("browser/lose-device-page.ts", import.meta.url));
    const result = (await resultOfPage(chromium!, page, { gpu: "emulated" })) as LostDevice & {
      error?: string;
    };
    expect(result.error).toBeUndefined();
    if (result.adapter === undefined) {
      process.stderr.write("a lost GPU device is not tested: this Chromium emulates no WebGPU\n");
      skip();
    }
    expect(result.message).toMatch(
      /^fit: the backend 'webgpu' was lost \(destroyed: .+\) in epoch 2, batch 2; the last checkpoint is 'step-000000004.safetensors'; to resume, call fit with checkpoint.resume: true in a new process or page$/,
    );
    expect(result.epochs).toEqual([0, 1, 2]);
    expect(result.losses.at(-1)!).toBeLessThan(result.losses[0]!);
  });
});

describe.runIf(chromium !== undefined)("a page that captures a training step", () => {
  test("gets the bits of the step as it is", async ({ skip }) => {
    const page = await bundled(new URL("browser/capture-page.ts", import.meta.url));
    const result = (await resultOfPage(chromium!, page, { gpu: "emulated" })) as Captured & {
      error?: string;
    };
    expect(result.error).toBeUndefined();
    if (result.adapter === undefined) {
      process.stderr.write("a captured step is not tested in a page: this Chromium emulates no WebGPU\n");
      skip();
    }
    expect(result.losses).toEqual(result.eagerLosses);
    expect(result.losses.every(Number.isFinite)).toBe(true);
    expect(result.difference).toBe(0);
    expect(result.dispatches).toBeGreaterThan(50);
    const { losses, eagerLosses, ...trained } = result.trained!;
    expect(trained).toEqual({ difference: 0, warnings: [], captures: 3 }); // of 2 rows and of 1, the update
    expect(losses).toEqual(eagerLosses);
    expect(losses.length).toBe(4);
  });
});
