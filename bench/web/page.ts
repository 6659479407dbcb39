import { type Chromium, launchChromium } from "test-kit/browser";
import { median } from "../measure.ts";
import type { Recorder, SuiteOptions } from "../report.ts";
import { buildSite, type Site } from "./site.ts";

type Page = Awaited<ReturnType<Chromium["context"]["newPage"]>>;

const QUERY = "?backend=wasm&workers=1";
/** Budgets of the page. */
const [BYTES, FIRST_STEP_MS, FRAMES_PER_SECOND] = [1.5e6, 3000, 50];
/** Refreshes of Chromium's screen a second. */
const REFRESH = 60;

/** What one visit measured. */
interface Visit {
  /** Milliseconds from opening the page until it can be used, flowers are drawn, and the first step is over. */
  readonly open: number;
  readonly drawn: number;
  readonly firstStep: number;
  /** Milliseconds between frames while it trained. */
  readonly frames: readonly number[];
  /** Paths of what it loaded. */
  readonly loaded: readonly string[];
}

/** The page of examples/deit-web: its bytes, its way to the first step, and its frames while a Worker trains. */
export async function pageRows(recorder: Recorder, { quick }: SuiteOptions): Promise<void> {
  const site = await buildSite();
  const visits: Visit[] = [];
  try {
    for (let visit = 0; visit < (quick ? 2 : 6); visit++) visits.push(await visited(site, quick ? 4 : 10));
  } finally {
    await site.close();
  }
  bytesRow(recorder, site, visits[0]!);
  const warm = visits.slice(1); // the first one reads the browser from the disk
  const firstStep = median(warm.map((visit) => visit.firstStep));
  const withoutDrawing = median(warm.map((visit) => visit.firstStep - (visit.drawn - visit.open)));
  const id = "page of examples/deit-web: from opening it to the first step";
  recorder.add(budget(`${id}, 500 flowers drawn and stored meanwhile`, firstStep, FIRST_STEP_MS, "ms"));
  recorder.add(budget(`${id}, without that`, withoutDrawing, FIRST_STEP_MS, "ms"));
  const [open, drawn] = [median(warm.map((visit) => visit.open)), median(warm.map((visit) => visit.drawn))];
  recorder.note(
    `Of the way to the first step the page takes ${open.toFixed(0)} ms to open with the backend started, ` +
      `${(drawn - open).toFixed(0)} ms to draw and store 500 flowers, and ${(firstStep - drawn).toFixed(0)} ms to the end of the first step ` +
      "that it shows; an empty profile each time, one Worker, two clicks.",
  );
  const frames = warm.flatMap((visit) => visit.frames).sort((a, b) => a - b);
  const slow = frames[Math.floor(0.95 * frames.length)]!;
  for (const [what, ms] of [
    ["median", median(frames)],
    ["95% are at least as fast", slow],
  ] as const) {
    const rate = 1000 / ms;
    recorder.add({
      id: `frames a second while a Worker trains: ${what}`,
      ...{ ours: rate, other: FRAMES_PER_SECOND, otherName: "the budget", unit: "fps" },
      ...{ ratio: rate / FRAMES_PER_SECOND, target: 1, limit: REFRESH },
    });
  }
}

function bytesRow(recorder: Recorder, { sizes }: Site, { loaded }: Visit): void {
  const sum = (paths: Iterable<string>) =>
    [...paths].reduce((total, path) => total + (sizes.get(path) ?? 0), 0);
  const all = sum(sizes.keys());
  const id = "page of examples/deit-web: all files after gzip, without weights";
  recorder.add(budget(id, all / 1e6, BYTES / 1e6, "MB"));
  recorder.note(
    `A visit that trains on WASM loads ${(sum(new Set(loaded)) / 1e6).toFixed(2)} MB of them; the rest is the WebGPU backend, two more builds ` +
      "of tfjs' WASM module, and what looking and taking away load.",
  );
}

/** A row of a size that has to stay below a budget. */
function budget(id: string, ours: number, other: number, unit: string) {
  return { id, ours, other, otherName: "the budget", unit, ratio: other / ours, target: 1 };
}

/** Opens the page in a new profile, draws flowers, trains, and counts frames for some seconds. */
async function visited({ url }: Site, seconds: number): Promise<Visit> {
  const chromium = await launchChromium({ pages: { viewport: { width: 1280, height: 900 } } });
  try {
    const page = await chromium.context.newPage();
    const loaded: string[] = [];
    page.on("request", (request) =>
      loaded.push(new URL(request.url()).pathname.replace(/^\/$/, "/index.html")),
    );
    await page.goto(`${url}${QUERY}`);
    // Clicked in the page as soon as the buttons are there: what is timed has no driver in it.
    const times = await page.evaluate<{ open: number; drawn: number; firstStep: number }>(CLICKS);
    const frames = await framesOf(page, seconds);
    return { ...times, frames, loaded };
  } finally {
    await chromium.close();
  }
}

/** Clicks as soon as it can be, and says when; times are from the beginning of the navigation. */
const CLICKS = `(async () => {
  const until = (found) => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(\`bench: the page never had \${found}\`)), 60000);
    const look = () => found() && (observer.disconnect(), resolve(performance.now()));
    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
    look();
  });
  const button = (name) => [...document.querySelectorAll("button:not([disabled])")].find((one) => one.textContent.trim() === name);
  const open = await until(() => button("Draw flowers"));
  button("Draw flowers").click();
  const drawn = await until(() => button("Start"));
  button("Start").click();
  const firstStep = await until(() => /^[1-9]/.test(document.querySelector(".figures dd")?.textContent ?? ""));
  return { open, drawn, firstStep };
})()`;

/** Milliseconds between the frames of some seconds. */
function framesOf(page: Page, seconds: number): Promise<number[]> {
  return page.evaluate<number[]>(`new Promise((resolve) => {
    const times = [];
    const frame = (now) => {
      times.push(now);
      if (now - times[0] < ${1000 * seconds}) requestAnimationFrame(frame);
      else resolve(times.slice(1).map((time, i) => time - times[i]));
    };
    requestAnimationFrame(frame);
  })`);
}
