// Gradients that travel between ranks as bfloat16.
import { existsSync, readFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { emptyFolder, errorOverLargest } from "test-kit";
import { afterAll, describe, expect, test, vi } from "vitest";
import {
  endAll,
  missingMpi,
  mpirun,
  PROGRAM,
  processOfRank,
  start,
  untilTrained,
} from "../../test/mpirun.ts";
import type { RunResult } from "../runs/run-result.ts";

vi.setConfig({ testTimeout: 300_000 });

const missing = missingMpi();
afterAll(endAll);

const resultOf = (folder: string): RunResult => JSON.parse(readFileSync(join(folder, "result.json"), "utf8"));
const lossesOf = (folder: string) => resultOf(folder).models.flatMap(({ history }) => history.loss!);
const train = (ranks: number, ...args: string[]) => start([...mpirun(ranks), ...PROGRAM, "train", ...args]);
/** More than 65,536 weights: shorter sums are not compressed. */
const LARGE = [
  "--preset",
  "tiny",
  "--backend",
  "wasm",
  "--students",
  "alone",
  "--dim",
  "96",
  "--epochs",
  "3",
];
const BF16 = ["--compression", "bf16"];

test("--compression is refused for one process, before a folder is made", async () => {
  const out = join(await emptyFolder(), "out");
  const { code, err } = await train(1, ...LARGE, ...BF16, "--out", out).ended;
  expect({ code, err }).toEqual({
    code: 2,
    err: "deit-cli: --compression: expected several processes, as mpirun starts them, for bf16, got one\n",
  });
  expect(existsSync(out)).toBe(false);
  const other = await train(1, ...LARGE, "--compression", "fp16", "--out", out).ended;
  expect(other.err).toBe("deit-cli: --compression: expected one of none, bf16, got 'fp16'\n");
});

describe.skipIf(missing)(`two ranks${missing === undefined ? "" : ` (${missing})`}`, () => {
  test("train with gradients as bf16, near those of float32, and a resumed run keeps them", async () => {
    const out = await emptyFolder();
    const args = (name: string) => [...LARGE, "--out", out, "--name", name];
    const whole = await train(2, ...args("whole"), ...BF16).ended;
    expect(whole).toMatchObject({ code: 0, err: "" });
    expect(whole.out).toContain(`ranks: 2 on ${hostname()}, 1 thread each, gradients as bf16`);
    expect(resultOf(join(out, "whole")).environment.ranks).toBe(`2 on ${hostname()}, gradients as bf16`);
    expect((await train(2, ...args("float32"), "--compression", "none").ended).code).toBe(0);
    const [compressed, exact] = [lossesOf(join(out, "whole")), lossesOf(join(out, "float32"))];
    expect(compressed).not.toEqual(exact);
    expect(errorOverLargest(compressed, exact)).toBeLessThan(0.01);

    const folder = join(out, "stopped");
    const stopped = train(2, ...args("stopped"), ...BF16);
    await untilTrained(folder, 2, stopped);
    process.kill(processOfRank(1, stopped), "SIGTERM");
    expect(await stopped.ended).toMatchObject({ code: 130 });
    const alone = join(out, "by-one");
    await cp(folder, alone, { recursive: true });

    const refused = await train(2, "--resume", folder, "--compression", "none").ended;
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toContain(
      "--resume: expected the settings of the run, got others: run.compression was bf16, is none\n",
    );
    const resumed = await train(2, "--resume", folder).ended;
    expect(resumed).toMatchObject({ code: 0, err: "" });
    expect(resumed.out).toContain("gradients as bf16");
    expect(lossesOf(folder)).toEqual(compressed);

    const byOne = await train(1, "--resume", alone).ended;
    expect(byOne).toMatchObject({ code: 0, err: "" });
    expect(byOne.out).toContain(
      "compression: bf16 is for sums between several processes; this one sums nothing\n",
    );
    expect(errorOverLargest(lossesOf(alone), exact)).toBeLessThan(0.01);
  });
});
