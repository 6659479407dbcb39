import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { emptyFolder } from "test-kit";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { endAll, missingMpi, mpirun, PROGRAM, start } from "../../test/mpirun.ts";
import { smallDisk } from "../../test/small-disk.ts";
import { makeOwnFolder } from "./own-folder.ts";

vi.setConfig({ testTimeout: 300_000 });

const missing = missingMpi();
afterAll(endAll);

test("a folder of temporary files in which none can be made is named", async () => {
  const folder = await emptyFolder();
  const file = join(folder, "file");
  writeFileSync(file, "");
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const [parent, reason] of [
    [join(folder, "none"), "ENOENT: no such file or directory"],
    [file, "ENOTDIR: not a directory"],
  ] as const) {
    vi.stubEnv("TMPDIR", parent);
    await expect(makeOwnFolder()).rejects.toThrow(
      `${parent}: could not make a folder in it for this rank (TMPDIR names another place): ${reason}`,
    );
  }
});

test.skipIf(missing)(
  `a full disk under a rank's folder is an error that names rank, host and file${missing === undefined ? "" : ` (${missing})`}`,
  async ({ skip }) => {
    const small = await smallDisk();
    if (small === undefined) return skip("no small file system can be mounted here");
    const words = [
      ...["--preset", "tiny", "--backend", "wasm", "--teacher-epochs", "1", "--epochs", "1"],
      ...["--students", "distilled", "--hints", "off", "--out", await emptyFolder()],
    ];
    const program = ["-n", "1", ...PROGRAM, "train", ...words];
    const second = ["-n", "1", "-x", `TMPDIR=${small}`, ...program.slice(2)];
    const { code, err } = await start([...mpirun(2).slice(0, -2), ...program, ":", ...second]).ended;
    expect(code).not.toBe(0);
    const [line] = err.match(/^rank \d on .*$/m)!;
    const file = `${small}/deit-cli-rank-\\w+/teacher/\\S+`;
    expect(line).toMatch(
      new RegExp(`^rank 1 on ${hostname()}: ${file}: could not write its \\d+ bytes: ENOSPC: no space left`),
    );
    expect(err).not.toContain("stop"); // mpirun sends SIGTERM to rank 0, which nobody has asked for
  },
);
