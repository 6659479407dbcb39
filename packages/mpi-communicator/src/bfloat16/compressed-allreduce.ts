import type { Mpi } from "../mpi/bindings.ts";
import { Bfloat16 } from "./bfloat16.ts";

/** Numbers of a sum that are added at a time, at most: more go in parts, so that memory has a limit. */
const LONGEST = 2 ** 24;

/** Memory of a sum, kept for the next one of the same size. */
interface Scratch {
  /** Numbers that each rank sums. */
  readonly share: number;
  /** A share of each rank: what is sent, later the total. */
  readonly sent: Uint16Array;
  readonly received: Uint16Array;
  /** Address of as many float32 numbers as a share has. */
  readonly sums: number;
}

/**
 * Sums that travel as bfloat16, half the bytes: each rank gets its share of all ranks' numbers, sums it in float32 in the order of
 * ranks, rounds the sums to bfloat16 and gives them to all.
 */
export class CompressedAllreduce {
  private readonly mpi: Mpi;
  private readonly ranks: number;
  private readonly longest: number;
  private readonly bfloat16 = new Bfloat16();
  private scratch: Scratch | undefined;

  constructor(mpi: Mpi, ranks: number, longest: number = LONGEST) {
    this.mpi = mpi;
    this.ranks = ranks;
    this.longest = longest;
  }

  /** Replaces the values by the sum of those of all ranks. */
  run(values: Float32Array): void {
    for (let at = 0; at < values.length; at += this.longest) {
      this.runPart(values.subarray(at, at + this.longest));
    }
  }

  private runPart(values: Float32Array): void {
    const { bfloat16 } = this;
    const { share, sent, received, sums } = this.scratchFor(values.length);
    bfloat16.round(values, sent.byteOffset);
    sent.fill(0, values.length); // what the last shares have beyond the numbers
    const { unsignedShort: type, world } = this.mpi.abi;
    const place = "mpiCommunicator: compressed allreduce";
    this.mpi.call(place, "Alltoall", sent, share, type, received, share, type, world);
    bfloat16.begin(received.byteOffset, sums, share);
    for (let rank = 1; rank < this.ranks; rank++) {
      bfloat16.add(received.byteOffset + 2 * rank * share, sums, share);
    }
    bfloat16.roundSums(sums, received.byteOffset, share);
    this.mpi.call(place, "Allgather", received, share, type, sent, share, type, world);
    bfloat16.widen(sent.byteOffset, values);
  }

  private scratchFor(length: number): Scratch {
    const share = Math.ceil(length / this.ranks);
    if (this.scratch?.share !== share) {
      const all = share * this.ranks;
      const { memory, at } = this.bfloat16.reserve(4 * share + 4 * all);
      this.scratch = {
        share,
        sums: at,
        sent: new Uint16Array(memory, at + 4 * share, all),
        received: new Uint16Array(memory, at + 4 * share + 2 * all, all),
      };
    }
    return this.scratch;
  }
}
