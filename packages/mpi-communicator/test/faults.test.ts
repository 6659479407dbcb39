import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { isMissing, isRunning, mpich, openMpi, run, start } from "./start.ts";

vi.setConfig({ testTimeout: 300_000 }); // several processes a test, on as many cores as there are

const host = hostname();
const launchers = [
  { name: "Open MPI", program: "mpirun.openmpi", launcher: openMpi(3) },
  { name: "MPICH", program: "mpirun.mpich", launcher: mpich(3) },
];

describe.each(launchers)(
  "a run of three ranks over $name ends on all, naming the rank,",
  ({ program, name, launcher }) => {
    const skipped = isMissing(program);
    const ends = [
      { task: "fails", what: "if a rank throws", words: "RangeError: too hot" },
      { task: "rejects", what: "if a rejection is not handled", words: "RangeError: too cold" },
      { task: "aborts", what: "by abort()", words: "too late" },
      { task: "abortsClosing", what: "by abort() while it closes", words: "too late" },
      { task: "exits", what: "if a rank exits", words: "the process ended (exit code 0) before close()" },
      {
        task: "ends",
        what: "if a rank comes to its end without close()",
        words: "the process ended (exit code 0) before close()",
      },
    ];
    test.skipIf(skipped).each(ends)("$what", async ({ task, words }) => {
      const { code, errors, lines } = await run(launcher, task);
      expect(code).not.toBe(0);
      expect(errors).toContain(`rank 1 on ${host}: ${words}`);
      expect(errors.match(/^rank \d on/gm)).toEqual(["rank 1 on"]);
      for (const { pid } of lines.filter((line) => line.pid !== undefined)) {
        await vi.waitUntil(() => !isRunning(Number(pid)), 10_000);
      }
    });

    test.skipIf(skipped)("not by abort() after close(), which is an error with its cause", async () => {
      const { code, errors, lines } = await run(launcher, "abortsClosed");
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
      const closed = { error: "abort: the communicator is closed", cause: "too late" };
      expect(lines.filter(({ error }) => error !== undefined)).toHaveLength(3);
      for (const line of lines.filter(({ error }) => error !== undefined)) expect(line).toMatchObject(closed);
    });

    test.skipIf(skipped)("if a rank is killed", async () => {
      const { until, ended } = start(launcher, "forever");
      const running = await until(3, (line) => line.running === true);
      process.kill(Number(running.find(({ rank }) => rank === 1)!.pid), "SIGKILL");
      const { code, errors, lines } = await ended;
      expect(code).not.toBe(0);
      const text = errors + lines.map((line) => JSON.stringify(line)).join();
      if (name === "Open MPI") expect(text).toMatch(/process rank 1 .* on node \S+ exited on signal 9/);
      for (const { pid } of running) await vi.waitUntil(() => !isRunning(Number(pid)), 10_000);
    });
  },
);

describe.skipIf(isMissing("mpirun.openmpi"))("the watch over the ranks", () => {
  test("ends the run if a rank is stopped", async () => {
    const { until, ended } = start(openMpi(2), "forever", { timeoutSeconds: 3 });
    const running = await until(2, (line) => line.running === true);
    process.kill(Number(running.find(({ rank }) => rank === 1)!.pid), "SIGSTOP");
    const { code, errors } = await ended;
    expect(code).not.toBe(0);
    expect(errors).toContain(
      `rank 0 on ${host}: rank 1 on ${host} was not heard for 3 s: its host, its network or its process is gone`,
    );
  });

  test("lets a rank compute for longer than that", async () => {
    const { code, errors, lines } = await run(openMpi(2), "busy", { timeoutSeconds: 3 });
    expect(errors).toBe("");
    expect(code).toBe(0);
    expect(lines.filter(({ isDone }) => isDone)).toHaveLength(2);
  });
});

describe.skipIf(isMissing("mpirun.openmpi"))("the start", () => {
  test("says after a while that it waits for a process that does not call", async () => {
    const { code, errors } = await run(openMpi(2), "neverStarts", { timeoutSeconds: 0.2 });
    expect(code).not.toBe(0);
    expect(errors).toMatch(
      new RegExp(
        `^mpiCommunicator: process \\d+ on ${host} still waits for others: all that Open MPI's mpirun`,
        "m",
      ),
    );
    expect(errors.match(/still waits/g)).toHaveLength(1);
  });
});

describe.skipIf(isMissing("mpirun.openmpi"))("close()", () => {
  test.each(["0", "1"])("waits for rank %s, which is busy for longer than the watch waits", async (rank) => {
    const { code, errors, lines } = await run(
      openMpi(3),
      "busyClose",
      { timeoutSeconds: 3 },
      { BUSY_RANK: rank },
    );
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(lines.filter(({ isDone }) => isDone)).toHaveLength(3);
  });
});

describe("a process", () => {
  test("by itself is one rank, and needs no library", async () => {
    const { code, lines, errors } = await run([], "names", { library: "libnone.so" });
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(lines.at(-1)).toEqual({ rank: 0, size: 1, host, hosts: [host] });
    expect((await run([], "sums")).code).toBe(0);
    const closed = { error: "abort: the communicator is closed", cause: "too late" };
    expect((await run([], "abortsClosed")).lines.at(-1)).toMatchObject(closed);
    const aborted = await run([], "fails");
    expect(aborted.code).toBe(0); // there is no rank 1 that throws
  });

  test("that srun started without MPI is told how to start it", async () => {
    const { code, errors } = await run([], "names", {}, { SLURM_STEP_NUM_TASKS: "4" });
    expect(code).toBe(1);
    expect(errors).toContain(
      "Error: mpiCommunicator: srun started 4 tasks without MPI, so that each would run alone",
    );
    expect(errors).toContain("srun --mpi=pmix");
  });

  const started = { OMPI_COMM_WORLD_SIZE: "2" };
  test("whose MPI library is missing says which packages have one", async () => {
    const { code, errors } = await run([], "names", {}, { ...started, MPI_LIBRARY: "libnone.so.1" });
    expect(code).toBe(1);
    expect(errors).toMatch(
      /Error: mpiCommunicator: found no MPI library, tried libnone\.so\.1 \(.*\); install Open MPI: apt-get install openmpi-bin .* brew install open-mpi .* conda install -c conda-forge openmpi/,
    );
  });

  test.skipIf(process.platform !== "linux")("whose library is not one of MPI says so", async () => {
    const { errors } = await run([], "names", {}, { ...started, MPI_LIBRARY: "libc.so.6" });
    expect(errors).toContain("Error: mpiCommunicator: libc.so.6 is not an MPI library");
    const named = await run([], "names", { library: join(tmpdir(), "none.so") }, started);
    expect(named.errors).toContain(`tried ${join(tmpdir(), "none.so")} (`);
  });

  test.skipIf(isMissing("mpirun.mpich"))(
    "with the library of another MPI than its launcher's names both",
    async () => {
      const { code, errors } = await run(mpich(2), "names", { library: "libmpi.so.40" });
      expect(code).not.toBe(0);
      expect(errors).toMatch(
        /mpiCommunicator: MPICH's mpiexec started 2 processes, but libmpi\.so\.40 \(Open MPI v[\d.]+\) sees 1: they are of different MPIs/,
      );
      const other = await run(openMpi(2), "names", { library: "libmpich.so.12" });
      expect(other.errors).toMatch(
        /Open MPI's mpirun started 2 processes, but libmpich\.so\.12 \(MPICH Version: .*\) sees 1/,
      );
    },
  );

  test.skipIf(isMissing("mpirun.openmpi"))("that handles its exceptions itself goes on", async () => {
    const { code, lines, errors } = await run(openMpi(2), "handles");
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(lines.filter(({ isHandled }) => isHandled)).toHaveLength(2);
  });
});
