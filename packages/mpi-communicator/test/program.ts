// What the tests start as several ranks: `program.ts <task> [options as JSON]`. Each rank prints lines of JSON.
import { createHash } from "node:crypto";
import { mpiCommunicator } from "../src/index.ts";

const [task = "", options = "{}"] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify({ pid: process.pid })}\n`);
if (task === "neverStarts" && process.env.OMPI_COMM_WORLD_RANK === "1") {
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  process.exit(3);
}
const oneCompresses = process.env.ONE_COMPRESSES !== undefined && process.env.OMPI_COMM_WORLD_RANK === "1";
const ranks = await mpiCommunicator({
  ...JSON.parse(options),
  ...(oneCompresses && { compression: "bf16" }),
});
const { rank, size, host, hosts } = ranks;
const print = (value: object): void => void process.stdout.write(`${JSON.stringify({ rank, ...value })}\n`);
const messageOf = (error: unknown): string => (error as Error).message;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const shared = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length));
const hash = (values: ArrayBufferView): string =>
  createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");

const POWERS = [1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];

/** Number `i` of a rank: of either sign, and of very different sizes, so that the order of additions shows. */
function summand(of: number, i: number): number {
  const x = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(of + 1, 0x85ebca6b);
  const y = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  return Math.fround((y / 2 ** 31) * POWERS[y & 7]!);
}

const tasks: Record<string, () => Promise<void>> = {
  async sums() {
    for (const length of [1, 2, 3, 1000, 65_536, 65_537, 1_000_001, 5_526_730]) {
      const values = shared(length);
      for (let i = 0; i < length; i++) values[i] = summand(rank, i);
      await ranks.allreduce(values);
      let error = 0;
      for (let i = 0; i < Math.min(length, 100_000); i++) {
        let sum = 0;
        let magnitudes = 0;
        for (let of = 0; of < size; of++) {
          sum += summand(of, i);
          magnitudes += Math.abs(summand(of, i));
        }
        error = Math.max(error, Math.abs(values[i]! - sum) / magnitudes);
      }
      print({ length, hash: hash(values), error });
    }
    // Not shared, and a part of something larger.
    const whole = new Float32Array(10).fill(rank + 1);
    await ranks.allreduce(whole.subarray(3, 5));
    print({ part: [...whole] });
  },

  /** A compression that is set later, and one that there is not. */
  async compresses() {
    for (const compression of ["bf16", "none", "fp8"] as const) {
      const values = shared(65_536);
      for (let i = 0; i < values.length; i++) values[i] = summand(rank, i);
      ranks.compression = compression as "bf16";
      print({ result: await ranks.allreduce(values).then(() => hash(values), messageOf) });
    }
  },

  async special() {
    const values = shared(65_536);
    values.set([Number.NaN, rank === 0 ? 1 / 0 : 1, -1 / 0, 1 / 0 - (rank ? 1 / 0 : 0), 0.1, 3.4e38]);
    await ranks.allreduce(values);
    print({ values: [...values.subarray(0, 7)].map(String) });
  },

  async broadcasts() {
    for (let root = 0; root < size; root++) {
      const own = (length: number): number[] => Array.from({ length }, (_, i) => 10 * (rank + 1) + i);
      const all = [
        Uint8Array.from(own(3)),
        Int16Array.from(own(5)).subarray(1, 4),
        Float64Array.from(own(2)),
        shared(4).map((_, i) => rank + i),
        new Float32Array(0),
        new DataView(Uint8Array.from(own(4)).buffer),
      ];
      await Promise.all(all.map((values) => ranks.broadcast(values, root))); // in the order of the calls
      print({ root, all: all.map((it) => [...(it instanceof DataView ? new Uint8Array(it.buffer) : it)]) });
    }
  },

  async barriers() {
    if (rank === 1) await wait(1000);
    const before = Date.now();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    await ranks.barrier();
    clearInterval(timer);
    print({ ticks, before, after: Date.now() });
  },

  async errors() {
    const errorOf = (promise: Promise<void>): Promise<string> => promise.then(() => "no error", messageOf);
    const values = new Float32Array(4);
    print({ error: await errorOf(ranks.allreduce(new Float32Array(3 + rank))) });
    print({ error: await errorOf(rank === 1 ? ranks.barrier() : ranks.broadcast(values, 0)) });
    print({ error: await errorOf(ranks.broadcast(values, rank)) });
    print({ error: await errorOf(ranks.allreduce(new Float64Array(1) as unknown as Float32Array)) });
    print({ error: await errorOf(ranks.broadcast([1] as unknown as Float32Array, 0)) });
    print({ error: await errorOf(ranks.broadcast(values, size)) });
    values.fill(rank + 1);
    await ranks.allreduce(values); // all is as before
    print({ sum: values[3] });
    print({ error: await errorOf(mpiCommunicator().then(() => undefined)) });
    await ranks.close();
    await ranks.close();
    print({ error: await errorOf(ranks.barrier()) });
  },

  async trap() {
    // (module (memory 1) (func (export "read") (result i32) i32.const -4 i32.load))
    const bytes =
      "0061736d010000000105016000017f030201000503010001070801047265616400000a09010700417c2802000b";
    const { instance } = await WebAssembly.instantiate(Buffer.from(bytes, "hex"));
    try {
      (instance.exports.read as () => number)();
    } catch (error) {
      print({ error: messageOf(error) });
    }
  },

  async forever() {
    const values = shared(100_000);
    for (let step = 0; ; step++) {
      values.fill(1);
      await ranks.allreduce(values);
      if (step === 3) print({ running: true, pid: process.pid, host });
      await wait(5);
    }
  },

  /** A rank whose main thread does nothing else for longer than the watch waits. */
  async busy() {
    if (rank === 1) {
      for (const end = Date.now() + 6000; Date.now() < end; ) Math.sqrt(2);
    }
    await ranks.barrier();
    print({ isDone: true });
  },

  /** A rank that is busy between its `close()` and the moment it can go on with it. */
  async busyClose() {
    const closed = ranks.close();
    if (rank === Number(process.env.BUSY_RANK)) {
      await wait(20);
      for (const end = Date.now() + 6000; Date.now() < end; ) Math.sqrt(2);
    }
    await closed;
    print({ isDone: true });
  },

  async fails() {
    await ranks.barrier();
    if (rank === 1) throw new RangeError("too hot");
    await ranks.barrier();
  },
  async rejects() {
    if (rank === 1) void Promise.reject(new RangeError("too cold"));
    await ranks.barrier();
  },
  async aborts() {
    if (rank === 1) ranks.abort(new Error("too late"));
    await ranks.barrier();
  },
  async abortsClosed() {
    await ranks.close();
    try {
      ranks.abort(new RangeError("too late"));
    } catch (error) {
      print({ error: messageOf(error), cause: messageOf((error as Error).cause) });
    }
  },
  async abortsClosing() {
    const closed = ranks.close();
    if (rank === 1) ranks.abort(new Error("too late"));
    await closed; // on all ranks: another operation would be an error of theirs, which might come first
  },
  async exits() {
    if (rank === 1) process.exit(0);
    await ranks.barrier();
  },
  async ends() {
    if (rank === 1) return; // to the end of the program, without close()
    await ranks.barrier();
  },
  async handles() {
    process.on("uncaughtException", () => print({ isHandled: true }));
    setTimeout(() => {
      throw new Error("handled");
    }, 1);
    await wait(200);
  },
  async names() {
    print({ size, host, hosts });
  },
};

await tasks[task]!();
if (task !== "ends" || rank !== 1) await ranks.close();
