import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Message } from "./child.ts";
import { FAULTS, type Outcome, RIGHT, type Verdict } from "./judge.ts";

/** Options of a campaign. */
export interface CampaignOptions {
  readonly format: string;
  readonly seed: number;
  /** Inputs. */
  readonly count: number;
  /** Number of the first input. Default 0. */
  readonly first?: number;
  /** Ends sooner after this many seconds. */
  readonly seconds?: number;
  readonly onFault?: (input: number, verdict: Verdict) => void;
}

/** Outcome of a campaign. */
export interface Campaign {
  readonly inputs: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly faults: readonly { readonly input: number; readonly verdict: Verdict }[];
}

/** Milliseconds that one input may take, and a process to start. */
const PATIENCE = 60_000;
const STARTING = 120_000;
const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

/** Tries mutated files in processes of their own: what hangs or ends one is counted, and the next goes on after it. */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { format, seed, count, first = 0, seconds = Number.POSITIVE_INFINITY, onFault } = options;
  const counts = Object.fromEntries([...RIGHT, ...FAULTS].map((name) => [name, 0])) as Record<
    Outcome,
    number
  >;
  const faults: { input: number; verdict: Verdict }[] = [];
  const deadline = performance.now() + 1000 * seconds;
  let next = first;
  const note = (input: number, verdict: Verdict): void => {
    counts[verdict.outcome]++;
    next = input + 1;
    if ((RIGHT as readonly Outcome[]).includes(verdict.outcome)) return;
    faults.push({ input, verdict });
    onFault?.(input, verdict);
  };
  while (next < first + count && performance.now() < deadline) {
    const died = await runChild([format, seed, next, first + count].map(String), deadline, note);
    if (died !== undefined) note(died.input, { outcome: died.outcome, layer: "?", detail: died.detail });
  }
  return { inputs: next - first, counts, faults };
}

interface Death {
  readonly input: number;
  readonly outcome: "hang" | "crash";
  readonly detail: string;
}

/** @returns How the process ended, unless it was done or out of time. @throws Error if it ends before its first input. */
function runChild(
  args: readonly string[],
  deadline: number,
  note: (input: number, verdict: Verdict) => void,
): Promise<Death | undefined> {
  const child = fork(CHILD, args, {
    execArgv: ["--conditions=@deit/source", "--import", "tsx", "--max-old-space-size=2048"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    serialization: "json",
  });
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    let at: number | undefined;
    let isOver = false;
    let isStuck = false;
    let timer: NodeJS.Timeout;
    const wait = (milliseconds: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        isStuck = true;
        child.kill("SIGKILL");
      }, milliseconds);
    };
    wait(STARTING);
    child.on("message", (message: Message) => {
      wait(PATIENCE);
      if ("begin" in message) {
        at = message.begin;
        return;
      }
      note(message.end, message.verdict);
      at = undefined;
      if (performance.now() > deadline) {
        isOver = true;
        child.kill("SIGKILL");
      }
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const how = `exit code ${code}, signal ${signal}: ${errors}`;
      if (isOver || (at === undefined && code === 0)) resolve(undefined);
      else if (at === undefined)
        reject(new Error(`fuzz ${args[0]}: the process ended before an input, ${how}`));
      else resolve({ input: at, outcome: isStuck || code === 13 ? "hang" : "crash", detail: how });
    });
  });
}
