import { type ChildProcess, execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { emptyFolder } from "test-kit";
import { describe, expect, test, vi } from "vitest";
import { PRESETS } from "./settings/presets.ts";

vi.setConfig({ testTimeout: 300_000 });

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** A GPU's driver, which `auto` would load, may print lines of its own. */
const WASM = ["--backend", "wasm"];

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program as `pnpm start` does. */
function start(...args: string[]): Promise<Ended> & { readonly child: ChildProcess } {
  const node = ["--conditions=@deit/source", "--import", TSX, MAIN, ...args];
  let child: ChildProcess | undefined;
  const ended = new Promise<Ended>((resolve) => {
    child = execFile(process.execPath, node, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
  return Object.assign(ended, { child: child! });
}

describe("the program as a process", () => {
  test("ends by itself with code 0", async () => {
    const out = await emptyFolder();
    const run = await start(
      ...WASM,
      "--preset",
      "tiny",
      "--epochs",
      "1",
      "--teacher-epochs",
      "1",
      "--out",
      out,
      "--name",
      "x",
    );
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(run.out).toContain("report: ");
    expect(await readdir(out)).toEqual(["x"]);
    const samples = join(out, "x", "samples");
    const predicted = await start("predict", samples, "--model", join(out, "x"), "--json", ...WASM);
    expect(predicted).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(predicted.out).photos).toHaveLength((await readdir(samples)).length);
  });

  test.skipIf(process.platform === "win32")(
    "saves on SIGINT, prints the command that resumes, and resumes",
    async () => {
      const out = await emptyFolder();
      const folder = join(out, "x");
      const options = [...WASM, "--preset", "tiny", "--checkpoint-every", "1", "--out", out, "--name", "x"];
      const stopped = start(...options);
      const hasSaved = (): boolean => existsSync(join(folder, "resume", "teacher"));
      while (!hasSaved()) await new Promise((resolve) => setTimeout(resolve, 20));
      stopped.child.kill("SIGINT");
      const { code, err } = await stopped;
      expect(code).toBe(130);
      const command = /to resume: npx pnpm@12 start (--resume) (\S+)\n$/.exec(err);
      const resumed = await start(command![1]!, command![2]!);
      expect(resumed).toMatchObject({ code: 0, err: "" });
      expect(resumed.out).toMatch(/resumes after step \d/);
      expect((await start("--resume", folder)).err).toContain("expected a run that is not finished");
      expect((await start("--resume", out)).err).toContain(
        "--resume: expected the folder of a run, could not read",
      );
    },
  );

  test("ends with 2 and one line for wrong use", async () => {
    const { code, out, err } = await start("--preset", "huge");
    expect({ code, out, err }).toEqual({
      code: 2,
      out: "",
      err: `deit-cli: --preset: expected one of ${Object.keys(PRESETS).join(", ")}, got 'huge'\n`,
    });
  });

  test("ends with 2 and one line for a path that does not exist, before anything is made", async () => {
    const folder = await emptyFolder();
    const absent = join(folder, "absent.tgz");
    const failed = await start(...WASM, "--data", absent, "--out", join(folder, "runs"));
    expect(failed).toEqual({
      code: 2,
      out: "",
      err: `deit-cli: --data: expected an archive or a folder of pictures, got '${absent}', which does not exist\n`,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test("ends with 1 and one line for a failure, and its stack trace only with --verbose", async () => {
    const empty = await emptyFolder();
    const failed = await start(...WASM, "--data", empty);
    expect(failed.code).toBe(1);
    expect(failed.err.trimEnd().split("\n")).toHaveLength(1);
    expect(failed.err).toContain(`${empty}: `);
    expect((await start("--data", empty, "--verbose")).err).toContain("open-dataset");
  });

  test("runs as an installed program too", async () => {
    const bin = fileURLToPath(new URL("../bin/deit-cli.mjs", import.meta.url));
    const args = ["data", "--count", "50", "--image-size", "8", "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, [bin, ...args]);
    expect(JSON.parse(stdout).classes).toHaveLength(5);
    await expect(promisify(execFile)(process.execPath, [bin, "dta"])).rejects.toMatchObject({ code: 2 });
  });

  test("prints its options and writes nothing for --help", async () => {
    const { code, out } = await start("train", "--help");
    expect(code).toBe(0);
    for (const option of ["--preset", "--patch-size", "--teacher", "--micro-batch-size"])
      expect(out).toContain(option);
  });
});
