// The program on several ranks, as mpirun starts it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { errorOverLargest } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { missingForTwoHosts, twoHosts } from "test-kit/two-hosts";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  type Ended,
  endAll,
  isRunning,
  missingMpi,
  mpirun,
  PROGRAM,
  processOfRank,
  start,
  untilTrained,
} from "../../test/mpirun.ts";
import type { RunResult } from "../runs/run-result.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const TINY = ["--preset", "tiny", "--backend", "wasm", "--teacher-epochs", "1"];
const ALONE = [...TINY, "--students", "alone"];
/** The program as it is installed in the repository's root. */
const INSTALLED = fileURLToPath(new URL("../../../../node_modules/.bin/deit-cli", import.meta.url));
const host = hostname();
const missing = missingMpi();
const noHosts = missingForTwoHosts();
const missingGpu = await startWebGpu();

const train = (ranks: number, ...args: string[]) => start([...mpirun(ranks), ...PROGRAM, "train", ...args]);

const resultOf = (folder: string): RunResult => JSON.parse(readFileSync(join(folder, "result.json"), "utf8"));

/** Losses of all models, by epoch. */
function lossesOf(folder: string): number[] {
  return resultOf(folder).models.flatMap(({ history }) => [...history.loss!, ...history.val_loss!]);
}

function expectSameLosses(folder: string, expected: string): void {
  const [got, losses] = [lossesOf(folder), lossesOf(expected)];
  expect(got.length).toBe(losses.length);
  expect(errorOverLargest(got, losses)).toBeLessThan(1e-4);
}

describe.skipIf(missing)(`under mpirun${missing === undefined ? "" : ` (${missing})`}`, () => {
  let out: string;
  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), "test-mpirun-"));
    await train(1, ...ALONE, "--epochs", "3", "--out", out, "--name", "alone").ended;
  });
  afterAll(async () => {
    endAll();
    await rm(out, { recursive: true, force: true });
  });

  test.each([
    ["features", ["--students", "distilled", "--hints", "auto", "--alpha", "0", "--epochs", "1"], 3],
    [
      "stored",
      ["--students", "distilled", "--epochs", "2", "--view-epochs", "1", "--hints", "off", "--store-logits"],
      2,
    ],
    [
      "crossed",
      [
        "--students",
        "distilled",
        "--epochs",
        "2",
        "--view-epochs",
        "1",
        "--hints",
        "off",
        "--cross-fit",
        "2",
      ],
      2,
    ],
  ])(
    "a run (%s) has the losses that it has alone, and only rank 0 prints and keeps",
    async (name, words, ranks) => {
      const args = (folder: string) => [
        ...[...TINY, ...words, ...(name === "stored" ? [join(out, `${folder}-logits`)] : [])],
        ...["--out", out, "--name", folder],
      ];
      const temporary = await mkdtemp(join(tmpdir(), "rank-"));
      const command = [...mpirun(ranks), ...PROGRAM, "train", ...args(name)];
      const { code, out: printed, err } = await start(command, { env: { TMPDIR: temporary } }).ended;
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(printed).toContain(`ranks: ${ranks} on ${host}, 1 thread each`);
      expect(printed.match(/^data: /gm)).toHaveLength(1);
      expect(printed.match(/^report: /gm)).toHaveLength(1);
      expect(printed).not.toContain("\x1b");
      expect(printed).not.toMatch(/npx .* (pnpm start|deit-cli) train/); // npx would end before a stopped run is saved
      expect(readdirSync(temporary).filter((file) => file.startsWith("deit-cli"))).toEqual([]);
      await rm(temporary, { recursive: true });
      expect(resultOf(join(out, name)).environment.ranks).toBe(`${ranks} on ${host}`);
      expect(await train(1, ...args(`${name}-alone`)).ended).toMatchObject({ code: 0 });
      expectSameLosses(join(out, name), join(out, `${name}-alone`));
    },
  );

  test.skipIf(missingGpu)("ranks with a WebGPU each have the losses of one", async () => {
    const gpu = ALONE.map((word) => (word === "wasm" ? "webgpu" : word));
    gpu.push("--count", "60", "--epochs", "2", "--out", out, "--name");
    const { code, err } = await train(2, ...gpu, "gpu").ended;
    expect({ code, err }).toEqual({ code: 0, err: "" }); // all of a step is captured
    expect(await train(1, ...gpu, "gpu-alone").ended).toMatchObject({ code: 0 });
    expectSameLosses(join(out, "gpu"), join(out, "gpu-alone"));
  });

  test("a run that any rank is told to stop says how it is resumed, under as many ranks or others", async () => {
    const folder = join(out, "stopped");
    const started = train(2, ...ALONE, "--epochs", "3", "--out", out, "--name", "stopped");
    await untilTrained(folder, 4, started);
    process.kill(processOfRank(1, started), "SIGTERM");
    const { code, err } = await started.ended;
    expect(code).toBe(130);
    expect(err).toContain(
      `deit-cli: stopped and saved; to resume: mpirun -n 2 node_modules/.bin/deit-cli --resume ${folder}\n`,
    );
    expect(err.match(/^deit-cli: /gm)).toHaveLength(1);
    for (const ranks of [1, 3]) {
      const copy = join(out, `resumed-by-${ranks}`);
      await cp(folder, copy, { recursive: true });
      const { code: ended, err: errors, out: printed } = await train(ranks, "--resume", copy).ended;
      expect({ code: ended, errors }).toEqual({ code: 0, errors: "" });
      expect(printed).toMatch(
        /student-alone: resumes after step \d+, saved by 2 ranks: another number rounds/,
      );
      expectSameLosses(copy, join(out, "alone"));
    }
  });

  test("Ctrl-C in mpirun leaves the installed program time to save", async () => {
    const folder = join(out, "interrupted");
    const args = ["train", ...ALONE, "--epochs", "500", "--out", out, "--name", "interrupted"];
    const patient = ["--mca", "odls_base_sigkill_timeout", "5"]; // seconds
    const started = start([...mpirun(2), ...patient, INSTALLED, ...args]);
    await untilTrained(folder, 4, started);
    started.child.kill("SIGINT");
    const { err } = await started.ended;
    expect(err).toContain(
      `deit-cli: stopped and saved; to resume: mpirun -n 2 node_modules/.bin/deit-cli --resume ${folder}\n`,
    );
    expect(err.match(/^deit-cli: /gm)).toHaveLength(1);
  });

  test("a rank that is killed ends all within seconds, by name, and the run is resumed under one", async () => {
    const folder = join(out, "killed");
    const args = ["--epochs", "3", "--out", out, "--name", "killed", "--checkpoint-every", "2"];
    const started = train(2, ...ALONE, ...args);
    await untilTrained(folder, 4, started);
    const others = [0, 1].map((rank) => processOfRank(rank, started));
    process.kill(others[1]!, "SIGKILL");
    const { code, err } = await started.ended;
    expect(code).not.toBe(0);
    expect(err).toMatch(new RegExp(`process rank 1 .*on node ${host} exited on signal 9`));
    expect(err).not.toContain("deit-cli: "); // mpirun sends SIGTERM to the others, which nobody has asked for
    await vi.waitUntil(() => !isRunning(others[0]!), 10_000);
    expect(existsSync(join(folder, "summary.json"))).toBe(false);
    const resumed = await train(1, "--resume", folder).ended;
    expect(resumed).toMatchObject({ code: 0, err: "" });
    expect(resumed.out).toContain("student-alone: resumes after step");
    expectSameLosses(folder, join(out, "alone"));
  });

  test("wrong use is said once, with its exit code, and nothing is made", async () => {
    const refused = async (...words: string[]): Promise<Ended> => {
      const ended = await start([...mpirun(3), ...PROGRAM, ...words]).ended;
      expect(ended).toMatchObject({ code: 2, out: "" });
      expect(ended.err.match(/^deit-cli: /gm)).toHaveLength(1);
      return ended;
    };
    expect((await refused("predict", "x.jpg")).err).toContain(
      "deit-cli: predict: expected one process, got 3: of all commands only train and teacher run under mpirun\n",
    );
    const name = join(out, "nothing");
    expect((await refused("train", "--out", name, "--data", "nowhere")).err).toContain("deit-cli: --data: ");
    expect(existsSync(name)).toBe(false);
  });

  describe("in folders of their own", () => {
    const folders: string[] = [];
    /** Rank 0 in one folder and rank 1 in another, with photos of their own. */
    const apart = (...args: string[]) => {
      const [first, second] = folders;
      const program = [...PROGRAM, "train", ...ALONE, ...args, "--data", "photos", "--epochs", "1"];
      const part = (folder: string) => ["-n", "1", "-wdir", folder, ...program];
      return start([...mpirun(2).slice(0, -2), ...part(first!), ":", ...part(second!)]).ended;
    };
    beforeAll(async () => {
      const made = join(out, "apart");
      await train(1, ...ALONE, "--epochs", "1", "--out", made, "--name", "drawn").ended;
      const samples = join(made, "drawn", "samples");
      const names = readdirSync(samples).toSorted();
      for (const where of ["first", "second"]) {
        const folder = join(made, where);
        folders.push(folder);
        for (const label of ["a", "b"]) {
          await mkdir(join(folder, "photos", label), { recursive: true });
          for (let n = 0; n < 12; n++)
            await cp(join(samples, names[n % names.length]!), join(folder, "photos", label, `${n}.png`));
        }
      }
    });

    test("only rank 0's has the run", async () => {
      const { code, err } = await apart();
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(readdirSync(folders[0]!).toSorted()).toEqual(["photos", "runs"]);
      expect(readdirSync(folders[1]!)).toEqual(["photos"]);
    });

    test("pictures that are not rank 0's are refused, by rank and host, before a folder is made", async () => {
      await rm(join(folders[0]!, "runs"), { recursive: true, force: true });
      const photo = (n: number) => join(folders[1]!, "photos", "a", `${n}.png`);
      await cp(photo(1), photo(0));
      const others = await apart();
      expect(others.code).not.toBe(0);
      expect(others.err).toContain(
        `rank 1 on ${host}: expected the pictures that rank 0 has, got others of the same names\n`,
      );
      expect(others.err).not.toContain("stop");
      await rm(photo(0));
      const fewer = await apart();
      expect(fewer.err).toContain(
        `rank 1 on ${host}: expected the pictures that rank 0 has, got others: pictures were added, removed or renamed\n`,
      );
      expect(readdirSync(folders[0]!)).toEqual(["photos"]);
    });
  });

  test.skipIf(noHosts)(`two hosts train${noHosts === undefined ? "" : ` (${noHosts})`}`, async () => {
    const hosts = twoHosts();
    onTestFinished(() => hosts.close());
    const args = [...ALONE, "--epochs", "3", "--out", out, "--name", "hosts"];
    const { code, err, out: printed } = await start([...hosts.mpirun, ...PROGRAM, "train", ...args]).ended;
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(printed).toContain("ranks: 2 on 2 hosts (host-a 1, host-b 1), ");
    expectSameLosses(join(out, "hosts"), join(out, "alone"));
  });
});
