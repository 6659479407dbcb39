// The program as people start and stop it: through the pnpm script, in a terminal, with Ctrl-C, by closing the window, and in a
// pipe whose reader goes away.

import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { emptyFolder } from "test-kit";
import { describe, expect, test, vi } from "vitest";

vi.setConfig({ testTimeout: 300_000 });

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const NODE = [process.execPath, "--conditions=@deit/source", "--import", TSX, MAIN];
/** util-linux' `script` makes a pseudo-terminal and passes on what is typed. */
const HAS_TERMINAL =
  process.platform === "linux" && /util-linux/.test(String(spawnSync("script", ["--version"]).stdout));
const TRIES = 3;

/** A long run, saved only when it is stopped. */
const longRun = (out: string): string[] => [
  ...["--preset", "tiny", "--backend", "wasm", "--students", "alone", "--epochs", "100000"],
  ...["--checkpoint-every", "1000000", "--out", out, "--name", "x"],
];

const isTraining = (out: string): boolean => {
  const log = join(out, "x", "log", "student-alone.jsonl");
  return existsSync(log) && readFileSync(log, "utf8").split("\n").length > 3;
};

/** A program under way, and what it has printed. */
interface Program {
  readonly child: ChildProcessWithoutNullStreams;
  readonly shown: () => string;
  /** Its exit code, once all that it printed is there. */
  readonly ended: Promise<number | null>;
}

const started = (command: string, args: readonly string[], options = {}): Program => {
  const child = spawn(command, args, options);
  let shown = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (shown += text));
  return { child, shown: () => shown, ended: new Promise((resolve) => child.on("close", resolve)) };
};

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** Waits until the program trains. @throws Error with what it printed, if it ends instead. */
const untilTraining = async (out: string, { ended, shown }: Program): Promise<void> => {
  let end: string | undefined;
  void ended.then((code) => (end = `${code ?? "a signal"}`));
  while (!isTraining(out)) {
    if (end !== undefined)
      throw new Error(`expected a program that trains, got its end (${end}):\n${shown()}`);
    await pause();
  }
};

const untilEnded = async (out: string): Promise<void> => {
  while (trainers(out).length > 0) await pause();
};

/** Processes that train into `out`. */
const trainers = (out: string): string[] => {
  const { stdout } = spawnSync("pgrep", ["-f", `src/main.ts.*--out ${out}`], { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean);
};

const savedSteps = (out: string): string =>
  execFileSync("ls", [join(out, "x", "resume", "student-alone")], { encoding: "utf8" }).trim();

describe.runIf(HAS_TERMINAL)("in a terminal", () => {
  test("Ctrl-C through the start script saves the run, every time", async () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const [, ...args] = String(manifest.scripts.start).split(" ");
    for (let i = 0; i < TRIES; i++) {
      const out = await emptyFolder();
      const command = `npx --yes pnpm@12 start ${longRun(out).join(" ")}`;
      const terminal = started("script", ["-qefc", command, "/dev/null"], { cwd: ROOT });
      await untilTraining(out, terminal);
      terminal.child.stdin.write("\x03");
      await untilEnded(out);
      terminal.child.stdin.end();
      await terminal.ended;
      expect(args).toContain("--import"); // Node itself: tsx's launcher kills what it started
      expect(terminal.shown()).toContain("stopping after this step");
      expect(savedSteps(out)).not.toBe("");
    }
  });

  test("closing the terminal saves the run", async () => {
    const out = await emptyFolder();
    const terminal = started("script", ["-qefc", [...NODE, ...longRun(out)].join(" "), "/dev/null"]);
    await untilTraining(out, terminal);
    terminal.child.kill("SIGKILL"); // the terminal's window: its processes get SIGHUP, and nobody reads what they write
    await untilEnded(out);
    expect(savedSteps(out)).not.toBe("");
  });
});

describe.skipIf(process.platform === "win32")("a run whose output nobody reads", () => {
  test("continues to its end", async () => {
    const out = await emptyFolder();
    const args = ["--preset", "tiny", "--backend", "wasm", "--epochs", "1", "--teacher-epochs", "1"];
    const shell = `"$@" | head -1`;
    const child = spawnSync("sh", ["-c", shell, "sh", ...NODE, ...args, "--out", out, "--name", "x"]);
    expect(String(child.stderr)).toBe("");
    expect(existsSync(join(out, "x", "report.html"))).toBe(true);
  });

  test.for(["SIGINT", "SIGTERM", "SIGHUP"] as const)("is saved on %s, and ends with 130", async (signal) => {
    const out = await emptyFolder();
    const program = started(NODE[0]!, [...NODE.slice(1), ...longRun(out)]);
    await untilTraining(out, program);
    const { child, ended } = program;
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill(signal);
    expect(await ended).toBe(130);
    expect(savedSteps(out)).not.toBe("");
  });

  test("that dies instead of training ends the waiting for it, with what it printed", async () => {
    const out = await emptyFolder();
    const program = started(NODE[0]!, [...NODE.slice(1), ...longRun(out), "--dim", "7"]);
    await expect(untilTraining(out, program)).rejects.toThrow(
      /got its end \(2\):\n.*model\.heads must divide/s,
    );
  });
});
