// Times the sum of a vector over all ranks and, on one machine, its copy through shared memory; rank 0 prints the medians.
import { mpiCommunicator } from "mpi-communicator";
import { median } from "../measure.ts";
import { sharedSegment } from "./shared-segment.ts";

/** A sum to time. */
export interface SumTask {
  readonly floats: number;
  readonly rounds: number;
  /** Also copy the vector from rank 0 to rank 1 through shared memory, in turn with the sums. */
  readonly copies: boolean;
  readonly bf16: boolean;
}

/** Medians in milliseconds. */
export interface SumFigures {
  readonly sum: number;
  /** Of 16 numbers. */
  readonly smallSum: number;
  /** From rank 0's first byte into shared memory to rank 1's last byte out of it. */
  readonly copy: number | null;
}

const SMALL = 16;
const SMALL_ROUNDS = 40;

const { floats, rounds, copies, bf16 } = JSON.parse(process.argv[2]!) as SumTask;
const communicator = await mpiCommunicator(bf16 ? { compression: "bf16" } : {});
const { rank } = communicator;
const shared = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length)).fill(1e-3);
const [vector, small] = [shared(floats), shared(SMALL)];
const [sums, smallSums, copied]: number[][] = [[], [], []];
const segment = copies ? await sharedSegment(communicator, 4 * floats + 16) : undefined;

for (let round = 0; round <= rounds; round++) {
  await communicator.barrier();
  const start = performance.now();
  await communicator.allreduce(vector);
  sums!.push(performance.now() - start);
  vector.fill(1e-3);
  if (segment !== undefined) copied!.push(copyOnce(segment, round + 1));
}
for (let round = 0; round < SMALL_ROUNDS; round++) {
  const start = performance.now();
  await communicator.allreduce(small);
  smallSums!.push(performance.now() - start);
  small.fill(1e-3);
}
const figures: SumFigures = {
  sum: median(sums!.slice(1)),
  smallSum: median(smallSums!),
  copy: segment === undefined ? null : median(copied!.slice(1)),
};
if (rank === 0) process.stdout.write(`${JSON.stringify(figures)}\n`);
await communicator.close();

/** Rank 0 writes the vector and says so; rank 1, which watches for that, reads it and says so. Returns milliseconds on rank 0. */
function copyOnce(memory: ArrayBuffer, turn: number): number {
  const [said, heard] = [new Int32Array(memory, 4 * floats, 1), new Int32Array(memory, 4 * floats + 8, 1)];
  const words = new Float32Array(memory, 0, floats);
  const start = performance.now();
  if (rank === 0) {
    words.set(vector);
    Atomics.store(said, 0, turn);
    while (Atomics.load(heard, 0) !== turn);
  } else {
    while (Atomics.load(said, 0) !== turn);
    vector.set(words);
    Atomics.store(heard, 0, turn);
  }
  return performance.now() - start;
}
