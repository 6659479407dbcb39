import type { Mpi } from "../mpi/bindings.ts";
import { fromBfloat16, toBfloat16 } from "./bfloat16.ts";

/** Memory of a sum, kept for the next one of the same size. */
interface Scratch {
  /** Numbers that each rank sums. */
  readonly share: number;
  /** A share of each rank. */
  readonly sent: Uint16Array;
  readonly received: Uint16Array;
  readonly addend: Float32Array;
  readonly sum: Float32Array;
  readonly total: Uint16Array;
}

/**
 * Sums that travel as bfloat16, half the bytes: each rank gets its share of all ranks' numbers, sums it in float32 in the order of
 * ranks, rounds the sums to bfloat16 and gives them to all.
 */
export class CompressedAllreduce {
  private readonly mpi: Mpi;
  private readonly ranks: number;
  private scratch: Scratch | undefined;

  constructor(mpi: Mpi, ranks: number) {
    this.mpi = mpi;
    this.ranks = ranks;
  }

  /** Replaces the values by the sum of those of all ranks. */
  run(values: Float32Array): void {
    const { share, sent, received, addend, sum, total } = this.scratchFor(values.length);
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    toBfloat16(bits, sent); // what the last share has beyond the numbers is 0
    const { unsignedShort: type, world } = this.mpi.abi;
    const place = "mpiCommunicator: compressed allreduce";
    this.mpi.call(place, "Alltoall", sent, share, type, received, share, type, world);
    sum.fill(0);
    const addendBits = new Uint32Array(addend.buffer);
    for (let rank = 0; rank < this.ranks; rank++) {
      fromBfloat16(received.subarray(rank * share, (rank + 1) * share), addendBits);
      for (let i = 0; i < share; i++) sum[i] = sum[i]! + addend[i]!;
    }
    const own = received.subarray(0, share);
    toBfloat16(new Uint32Array(sum.buffer), own);
    this.mpi.call(place, "Allgather", own, share, type, total, share, type, world);
    fromBfloat16(total, bits);
  }

  private scratchFor(length: number): Scratch {
    const share = Math.ceil(length / this.ranks);
    if (this.scratch?.share !== share) {
      const all = share * this.ranks;
      this.scratch = {
        share,
        sent: new Uint16Array(all),
        received: new Uint16Array(all),
        addend: new Float32Array(share),
        sum: new Float32Array(share),
        total: new Uint16Array(all),
      };
    }
    this.scratch.sent.fill(0, length);
    return this.scratch;
  }
}
