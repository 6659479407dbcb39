import { hostname } from "node:os";
import { describe, expect, test, vi } from "vitest";
import { isMissing, type Line, mpich, openMpi, run } from "./start.ts";

vi.setConfig({ testTimeout: 300_000 }); // several processes a test, on as many cores as there are

const launchers = [
  { name: "Open MPI, 2 ranks", program: "mpirun.openmpi", size: 2, launcher: openMpi(2) },
  { name: "Open MPI, 3 ranks", program: "mpirun.openmpi", size: 3, launcher: openMpi(3) },
  { name: "Open MPI, 4 ranks", program: "mpirun.openmpi", size: 4, launcher: openMpi(4) },
  { name: "MPICH, 2 ranks", program: "mpirun.mpich", size: 2, launcher: mpich(2) },
  { name: "MPICH, 3 ranks", program: "mpirun.mpich", size: 3, launcher: mpich(3) },
];
const host = hostname();
const ofRank = (lines: readonly Line[], rank: number) => lines.filter((line) => line.rank === rank);
const withoutRank = (lines: readonly Line[]) => lines.map(({ rank, ...rest }) => rest);

describe.each(launchers)("$name", ({ program, size, launcher }) => {
  const skipped = isMissing(program) ? `${program} is not installed` : undefined;
  const others = Array.from({ length: size - 1 }, (_, i) => i + 1);

  test.skipIf(skipped)("sums have equal bits on all ranks and from run to run, and are right", async () => {
    const [first, second] = [await run(launcher, "sums"), await run(launcher, "sums")];
    expect(first).toMatchObject({ code: 0, errors: "" });
    const own = withoutRank(ofRank(first.lines, 0));
    expect(own).toHaveLength(9);
    for (const { error } of own.slice(0, -1)) expect(error).toBeLessThan(size * 2 ** -24); // a rounding for each addition
    const sum = (size * (size + 1)) / 2;
    for (const rank of [0, ...others]) {
      const lines = ofRank(first.lines, rank);
      expect(withoutRank(lines.slice(0, -1))).toEqual(own.slice(0, -1));
      expect(withoutRank(ofRank(second.lines, rank))).toEqual(withoutRank(lines));
      const [a, b] = [rank + 1, rank + 1];
      expect(lines.at(-1)!.part).toEqual([a, a, a, sum, sum, b, b, b, b, b]);
    }
  });

  test.skipIf(skipped)(
    "compressed sums are off by 2^-7 of the magnitudes at most, and equal on all ranks",
    async () => {
      const { code, lines } = await run(launcher, "sums", { compression: "bf16" });
      expect(code).toBe(0);
      const own = withoutRank(ofRank(lines, 0)).slice(0, -1);
      for (const { length, error } of own) {
        // Not all of a million numbers are exact in 8 bits: the large ones were compressed, the small ones not.
        if (Number(length) < 65_536) expect(error).toBeLessThan(size * 2 ** -24);
        else expect(error).toBeGreaterThan(2 ** -9);
        expect(error).toBeLessThanOrEqual(2 ** -7 + 2 ** -16);
      }
      for (const rank of others) expect(withoutRank(ofRank(lines, rank)).slice(0, -1)).toEqual(own);
    },
  );

  test.skipIf(skipped)(
    "an access outside a WASM module's memory is still an error that can be caught",
    async () => {
      const { code, lines } = await run(launcher, "trap");
      expect(code).toBe(0);
      expect(lines.filter(({ error }) => error === "memory access out of bounds")).toHaveLength(size);
    },
  );

  test.skipIf(skipped)("any typed array is broadcast from any root", async () => {
    const { code, lines } = await run(launcher, "broadcasts");
    expect(code).toBe(0);
    for (let rank = 0; rank < size; rank++) {
      const tens = 10 * (rank + 1);
      for (const line of lines.filter(({ root }) => root === rank)) {
        expect(line.all).toEqual([
          [tens, tens + 1, tens + 2],
          [tens + 1, tens + 2, tens + 3],
          [tens, tens + 1],
          [rank, rank + 1, rank + 2, rank + 3],
          [],
          [tens, tens + 1, tens + 2, tens + 3],
        ]);
      }
    }
    expect(lines.filter(({ root }) => root !== undefined)).toHaveLength(size * size);
  });
});

describe.skipIf(isMissing("mpirun.openmpi"))("two ranks", () => {
  test("NaN and infinities stay what they are, compressed or not", async () => {
    for (const compression of ["none", "bf16"]) {
      const { lines } = await run(openMpi(2), "special", { compression });
      for (const rank of [0, 1]) {
        const [nan, infinite, negative, difference, tenth, huge, zero] = ofRank(lines, rank)[0]!
          .values as string[];
        expect([nan, infinite, negative, difference]).toEqual(["NaN", "Infinity", "-Infinity", "NaN"]);
        expect(Number(tenth)).toBeCloseTo(0.2, compression === "none" ? 7 : 3);
        expect([huge, zero]).toEqual(["Infinity", "0"]);
      }
    }
  });

  test("a barrier waits for all, while timers of the main thread go on", async () => {
    const { code, lines } = await run(openMpi(2), "barriers");
    expect(code).toBe(0);
    const [zero, one] = [ofRank(lines, 0)[0]!, ofRank(lines, 1)[0]!];
    expect(Number(zero.after)).toBeGreaterThanOrEqual(Number(one.before));
    expect(Number(zero.ticks)).toBeGreaterThan(10); // rank 1 comes a second later
  });

  test("operations that differ are errors on both, and wrong arguments on the one that has them", async () => {
    const { code, lines } = await run(openMpi(2), "errors");
    expect(code).toBe(0);
    const both = `mpiCommunicator: all ranks must call the same operation, but rank 0 on ${host} called`;
    for (const rank of [0, 1]) {
      expect(ofRank(lines, rank).map(({ error, sum }) => error ?? sum)).toEqual([
        `${both} allreduce of 3 numbers, rank 1 on ${host} allreduce of 4 numbers`,
        `${both} broadcast of 16 bytes from rank 0, rank 1 on ${host} barrier`,
        `${both} broadcast of 16 bytes from rank 0, rank 1 on ${host} broadcast of 16 bytes from rank 1`,
        "allreduce: values must be of the type Float32Array, got Float64Array",
        "broadcast: values must be a typed array, got object",
        "broadcast: root must be a rank in [0, 2), got 2",
        3,
        "mpiCommunicator: MPI was started in this process before; it can be started only once",
        "barrier: the communicator is closed",
      ]);
    }
  });

  test("a compression that is set has the sums of the option, and can be unset", async () => {
    const { code, lines } = await run(openMpi(2), "compresses");
    expect(code).toBe(0);
    const sums = async (compression: string) => {
      const ended = await run(openMpi(2), "sums", { compression });
      return ofRank(ended.lines, 0).find(({ length }) => length === 65_536)!.hash;
    };
    const [compressed, exact] = [await sums("bf16"), await sums("none")];
    expect(compressed).not.toBe(exact);
    const refused = "allreduce: compression must be one of none, bf16, got fp8";
    for (const rank of [0, 1]) {
      expect(ofRank(lines, rank).map(({ result }) => result)).toEqual([compressed, exact, refused]);
    }
  });

  test("one compresses and the other does not: an error on both", async () => {
    const { code, errors } = await run(openMpi(2), "sums", {}, { ONE_COMPRESSES: "1" });
    expect(code).not.toBe(0);
    expect(errors).toMatch(
      /rank 0 on \S+ called allreduce of 65536 numbers, rank 1 on \S+ compressed allreduce of 65536/,
    );
  });

  test("what is longer than a message goes in parts, and an error has MPI's words", async () => {
    const { code, lines } = await run(openMpi(2), "./parts.ts");
    expect(code).toBe(0);
    for (const rank of [0, 1]) {
      expect(ofRank(lines, rank)).toEqual([
        {
          rank,
          sums: [0, 3, 6, 9, 12, 15, 18, 21, 24, 27],
          compressed: [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30],
          bytes: [20, 21, 22, 23, 24, 25, 26, 27, 28],
          words: "mpiCommunicator: broadcast: MPI_Bcast: MPI_ERR_ROOT: invalid root",
        },
      ]);
    }
  });

  test("hosts are named", async () => {
    const { lines } = await run(openMpi(2), "names");
    expect(ofRank(lines, 1)).toEqual([{ rank: 1, size: 2, host, hosts: [host, host] }]);
  });
});
