import { bundled, type Chromium, launchChromium, servePages } from "test-kit/browser";
import { type Build, bestBuild } from "../../packages/wasm-kernels/src/side-module.ts";
import { median } from "../measure.ts";
import { type Recorder, rateRow, type SuiteOptions } from "../report.ts";
import { PEAK_MEGAFLOPS, peakLoop } from "../wasm/kernels/ceiling.ts";
import { gigaflops } from "../wasm/step/model-flops.ts";
import { startOwnKernels } from "../wasm/which-kernels.ts";
import { STUDENTS, Steps, type Student } from "./steps.ts";
import type { Asked } from "./steps-worker.ts";

const TARGET = 0.9;
/** The page's end of the Worker. */
const PAGE = `
const worker = new Worker("/worker.js", { type: "module" });
globalThis.ask = (message) => new Promise((resolve, reject) => {
  worker.onmessage = ({ data: { done, error } }) => (error ? reject(new Error(error)) : resolve(done));
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.postMessage(message);
});`;

/** Images per second of a training step in Chromium's Worker against Node, one thread each, the same build, in turn. */
export async function trainingRows(recorder: Recorder, { quick }: SuiteOptions): Promise<void> {
  await startOwnKernels();
  const build = bestBuild();
  const worker = await bundled(new URL("./steps-worker.ts", import.meta.url));
  const server = await servePages({ files: { "/page.js": PAGE, "/worker.js": worker } });
  const chromium = await launchChromium();
  try {
    const ask = await openPage(chromium, server.url);
    const there = await ask({ build });
    const version = chromium.context.browser()!.version().split(".")[0];
    const own = new Steps(build);
    const peak = loopGigaflops(build);
    for (const [at, student] of STUDENTS.entries()) {
      const { size, name } = student;
      const inTurn = [
        (steps: number) => ask({ student: at, steps }),
        (steps: number) => own.time(student, steps),
      ];
      const [inPage, inNode] = await imagesPerSecond(inTurn, student, quick);
      const limit = peak / gigaflops(size, { backward: true });
      const id = `training step in Chromium ${version}, ${name}`;
      recorder.add(rateRow(id, inPage!, inNode!, `Node ${process.versions.node}`, "images/s", TARGET, limit));
    }
    recorder.note(
      `Both sides compute with the ${build} build of 128 bits on one thread (Chromium's best is ${there}), in a Worker of a page that is ` +
        "not isolated, and in Node; forward, backward and AdamW. The limit is that of multiply-adds on registers, in Node.",
    );
  } finally {
    await chromium.close();
    await server.close();
  }
}

/** Median rate of each side, timed in turn; both are warmed up before. */
async function imagesPerSecond(
  sides: readonly ((steps: number) => number | Promise<unknown>)[],
  { batch, steps, warmup }: Student,
  quick: boolean,
): Promise<number[]> {
  const times: number[][] = sides.map(() => []);
  for (const run of sides) await run(quick ? Math.ceil(warmup / 3) : warmup);
  for (let round = 0; round < (quick ? 3 : 15); round++) {
    for (const [i, run] of sides.entries()) times[i]!.push(Number(await run(steps)));
  }
  return times.map((all) => (batch * steps) / (median(all) / 1e3));
}

/** Opens the page and returns what asks its Worker. */
async function openPage(
  { context }: Chromium,
  url: string,
): Promise<(asked: Asked) => Promise<number | string>> {
  const page = await context.newPage();
  await page.goto(url);
  return (asked) => page.evaluate<number | string>(`ask(${JSON.stringify(asked)})`);
}

/** GFLOP/s of multiply-adds on registers: this core's maximum. */
function loopGigaflops(build: Build): number {
  const loop = peakLoop(build);
  loop();
  const times = Array.from({ length: 15 }, () => {
    const start = performance.now();
    loop();
    return performance.now() - start;
  });
  return PEAK_MEGAFLOPS / Math.min(...times);
}
