import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sampleKey, siteOf, uniform } from "sample-keys";
import { root } from "../packages.ts";
import { MOMENTS, type Moment, type Place, temporaries } from "./moments.ts";

/** Results of a campaign. */
export interface Kills {
  readonly seed: number;
  /** Processes killed with SIGKILL, by the moment. */
  readonly kills: Readonly<Record<string, number>>;
  /** Runs that were killed and resumed until they were finished. */
  readonly runs: number;
  /** Faults, a line each. */
  readonly faults: readonly string[];
}

/** Options of a campaign. */
export interface KillOptions {
  /** Least number of processes to kill. */
  readonly kills: number;
  readonly seed: number;
  /** No new run is begun after this many seconds. Default: no limit. */
  readonly seconds?: number;
  /** New folder to work in. */
  readonly folder: string;
  readonly say?: (line: string) => void;
}

const MODELS = ["teacher", "student-alone", "student-distilled"];
const SITE = siteOf("kill");
const POLL_MS = 1;

/** Trains a small teacher and its students again and again, kills the training on the way, and compares the weights. */
export async function killRuns({
  kills,
  seed,
  seconds = Number.POSITIVE_INFINITY,
  folder,
  say = () => {},
}: KillOptions): Promise<Kills> {
  let drawn = 0;
  const next = (): number => uniform(sampleKey(seed, 0, 0), SITE, drawn++);
  const whole = placeIn(folder, "whole");
  const { code, errors } = await live(whole);
  if (code !== 0) throw new Error(`kill: expected a training to compare with, got code ${code}: ${errors}`);
  const expected = digests(whole);
  const counts: Record<string, number> = Object.fromEntries(
    Object.values(MOMENTS).map(({ name }) => [name, 0]),
  );
  const faults: string[] = [];
  const killed = (): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
  let runs = 0;
  const deadline = performance.now() + 1000 * seconds;
  for (; killed() < kills && performance.now() < deadline; runs++) {
    const place = placeIn(folder, `run-${runs}`);
    const story: string[] = [];
    const fault = (what: string): void => void faults.push(`run ${runs} (${story.join(", ")}): ${what}`);
    for (const moment of [...plan(next), undefined]) {
      const death = moment && { moment, after: next() * moment.within };
      const life = await live(place, death);
      if (life.wasKilled && moment !== undefined) {
        counts[moment.name]!++;
        story.push(`${moment.name} + ${Math.round(death!.after)} ms`);
        continue;
      }
      if (life.code !== 0) {
        fault(`ended with ${life.code}: ${life.errors.trim()}`);
        break;
      }
    }
    const wrong = MODELS.filter((name) => digests(place)[name] !== expected[name]);
    if (wrong.length > 0) fault(`other weights: ${wrong.join(", ")}`);
    const left = temporaries(place.run);
    if (left.length > 0) fault(`left ${left.join(", ")}`);
    say(`run ${runs}: ${killed()} of ${kills} kills, ${faults.length} faults (${story.join(", ")})`);
    if (wrong.length === 0)
      for (const path of [place.run, place.logits]) rmSync(path, { recursive: true, force: true });
  }
  return { seed, kills: counts, runs, faults };
}

/** Moments of one run, in the order in which a run comes to them. */
function plan(next: () => number): Moment[] {
  const { opening, training, validation, checkpoint, logits, report } = MOMENTS;
  const somewhere = [training, validation, checkpoint];
  const any = (): Moment => somewhere[Math.floor(next() * somewhere.length)]!;
  return [opening, any(), any(), any(), logits, any(), any(), report];
}

function placeIn(folder: string, name: string): Place {
  return { run: join(folder, name), logits: join(folder, `${name}-logits`) };
}

interface Life {
  readonly wasKilled: boolean;
  readonly code: number | null;
  readonly errors: string;
}

/** Starts the program, or resumes the run where there is one, until it ends by itself or is killed. */
async function live(
  place: Place,
  death?: { readonly moment: Moment; readonly after: number },
): Promise<Life> {
  if (existsSync(join(place.run, "summary.json"))) return { wasKilled: false, code: 0, errors: "" };
  const isBegun = existsSync(join(place.run, "settings.json"));
  if (!isBegun) rmSync(place.run, { recursive: true, force: true }); // killed before it had written anything
  const begin = death?.moment.reached(place) ?? 0;
  const child = spawn(process.execPath, [...NODE, ...(isBegun ? ["--resume", place.run] : options(place))], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<Life>((resolve) => {
    child.on("close", (code, signal) => resolve({ wasKilled: signal === "SIGKILL", code, errors }));
  });
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  if (death !== undefined) {
    const { moment, after } = death;
    while (isAlive() && Number.isFinite(begin) && moment.reached(place) <= begin) await sleep(POLL_MS);
    await Promise.race([sleep(after), ended]);
    child.kill("SIGKILL");
  }
  return ended;
}

const NODE = ["--conditions=@deit/source", "--import", "tsx", "packages/deit-cli/src/main.ts", "train"];

function options({ run, logits }: Place): string[] {
  return [
    ...["--preset", "tiny", "--backend", "wasm", "--out", dirname(run), "--name", basename(run)],
    ...["--checkpoint-every", "1", "--view-epochs", "2", "--store-logits", logits],
  ];
}

/** SHA-256 of each model's weights. */
function digests({ run }: Place): Record<string, string> {
  return Object.fromEntries(
    MODELS.flatMap((name) => {
      const path = join(run, name, "weights.bin");
      if (!existsSync(path)) return [];
      return [[name, createHash("sha256").update(readFileSync(path)).digest("hex")]];
    }),
  );
}
