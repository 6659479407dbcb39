// The program as people start and stop it: through the pnpm script, in a terminal, with Ctrl-C, by closing the window, and in a
// pipe whose reader goes away.
import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { emptyFolder } from "../test/workspace.ts";

vi.setConfig({ testTimeout: 300_000 });

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const NODE = [process.execPath, "--conditions=@deit/source", "--import", TSX, MAIN];
/** util-linux' `script` makes a pseudo-terminal and passes on what is typed. */
const HAS_TERMINAL =
  process.platform === "linux" && /util-linux/.test(String(spawnSync("script", ["--version"]).stdout));
const TRIES = 3;

/** A run that goes on for long, and is saved only when it is stopped. */
const longRun = (out: string): string[] => [
  ...["--preset", "tiny", "--backend", "wasm", "--students", "alone", "--epochs", "100000"],
  ...["--checkpoint-every", "1000000", "--out", out, "--name", "x"],
];

const isTraining = (out: string): boolean => {
  const log = join(out, "x", "log", "student-alone.jsonl");
  return existsSync(log) && readFileSync(log, "utf8").split("\n").length > 3;
};

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
};

const ended = (child: ChildProcessWithoutNullStreams): Promise<number | null> =>
  new Promise((resolve) => child.on("close", resolve));

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
      const terminal = spawn("script", ["-qefc", command, "/dev/null"], { cwd: ROOT });
      let shown = "";
      terminal.stdout.on("data", (text) => (shown += text));
      await until(() => isTraining(out));
      terminal.stdin.write("\x03");
      await until(() => trainers(out).length === 0);
      terminal.stdin.end();
      await ended(terminal);
      expect(args).toContain("--import"); // Node itself: tsx's launcher kills what it started
      expect(shown).toContain("stopping after this step");
      expect(savedSteps(out)).not.toBe("");
    }
  });

  test("closing the terminal saves the run", async () => {
    const out = await emptyFolder();
    const terminal = spawn("script", ["-qefc", [...NODE, ...longRun(out)].join(" "), "/dev/null"]);
    await until(() => isTraining(out));
    terminal.kill("SIGKILL"); // the terminal's window: its processes get SIGHUP, and nobody reads what they write
    await until(() => trainers(out).length === 0);
    expect(savedSteps(out)).not.toBe("");
  });
});

describe.skipIf(process.platform === "win32")("a run whose output nobody reads", () => {
  test("goes on to its end", async () => {
    const out = await emptyFolder();
    const args = ["--preset", "tiny", "--backend", "wasm", "--epochs", "1", "--teacher-epochs", "1"];
    const shell = `"$@" | head -1`;
    const child = spawnSync("sh", ["-c", shell, "sh", ...NODE, ...args, "--out", out, "--name", "x"]);
    expect(String(child.stderr)).toBe("");
    expect(existsSync(join(out, "x", "report.html"))).toBe(true);
  });

  test.for(["SIGINT", "SIGTERM", "SIGHUP"] as const)("is saved on %s, and ends with 130", async (signal) => {
    const out = await emptyFolder();
    const child = spawn(NODE[0]!, [...NODE.slice(1), ...longRun(out)]);
    child.stdout.destroy();
    child.stderr.destroy();
    await until(() => isTraining(out));
    child.kill(signal);
    expect(await ended(child)).toBe(130);
    expect(savedSteps(out)).not.toBe("");
  });
});
