import { missingForTwoHosts, twoHosts } from "test-kit/two-hosts";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type Line, run, start } from "./start.ts";

vi.setConfig({ testTimeout: 300_000 }); // several processes a test, on as many cores as there are

const missing = missingForTwoHosts();

function hosts() {
  const made = twoHosts();
  onTestFinished(() => made.close());
  return made;
}

const hashes = (lines: readonly Line[], of: number) =>
  lines.filter(({ rank, hash }) => rank === of && hash !== undefined).map(({ hash }) => hash);

describe.skipIf(missing)(`two hosts${missing === undefined ? "" : ` (${missing})`}`, () => {
  test("are named", async () => {
    const { code, errors, lines } = await run(hosts().mpirun, "names");
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(lines.filter(({ rank }) => rank === 1)).toEqual([
      { rank: 1, size: 2, host: "host-b", hosts: ["host-a", "host-b"] },
    ]);
  });

  test("have the same sums over a network that loses 2% and takes 20 ms as over a good one", async () => {
    const good = await run(hosts().mpirun, "sums");
    const bad = hosts();
    await bad.worsen({ lossPercent: 2, delayMs: 20 });
    const { code, errors, lines } = await run(bad.mpirun, "sums");
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(hashes(lines, 0)).toHaveLength(8);
    for (const rank of [0, 1]) expect(hashes(lines, rank)).toEqual(hashes(good.lines, 0));
    expect(hashes(good.lines, 1)).toEqual(hashes(good.lines, 0));
  });

  test("end if a rank is killed on one, naming rank and host", async () => {
    const { mpirun, running } = hosts();
    const { until, ended } = start(mpirun, "forever");
    const pids = await until(2, (line) => line.running === true);
    process.kill(Number(pids.find(({ rank }) => rank === 1)!.pid), "SIGKILL");
    const { code, errors, lines } = await ended;
    expect(code).not.toBe(0);
    expect(errors + JSON.stringify(lines)).toMatch(
      /process rank 1 .* on node 10\.77\.0\.2 exited on signal 9/,
    );
    await vi.waitUntil(() => running().length === 0, 10_000);
  });

  test("end if a rank throws on one, naming rank and host", async () => {
    const { mpirun, running } = hosts();
    const { code, errors } = await run(mpirun, "fails");
    expect(code).not.toBe(0);
    expect(errors).toContain("rank 1 on host-b: RangeError: too hot");
    await vi.waitUntil(() => running().length === 0, 10_000);
  });

  test("end, with mpirun and its daemon, if one disappears", async () => {
    const { mpirun, disconnect, running } = hosts();
    const { until, ended } = start(mpirun, "forever");
    await until(2, (line) => line.running === true);
    disconnect();
    const { code, errors } = await ended;
    expect(code).not.toBe(0);
    expect(errors).toContain(
      "rank 0 on host-a: rank 1 on host-b was not heard for 10 s: its host, its network",
    );
    expect(errors.match(/^rank \d on/gm)).toEqual(["rank 0 on"]);
    await vi.waitUntil(() => running().length === 0, 20_000);
  });
});
