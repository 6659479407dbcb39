import type { Mpi } from "../mpi/bindings.ts";

/** MPI counts with an int; no message has more elements than this. */
const LONGEST = 2 ** 30;

/** Replaces the values by the sum of those of all ranks. */
export function allreduce(mpi: Mpi, values: Float32Array, longest: number = LONGEST): void {
  const { inPlace, float, sum, world } = mpi.abi;
  for (let at = 0; at < values.length; at += longest) {
    const part = values.subarray(at, at + longest);
    mpi.call("mpiCommunicator: allreduce", "Allreduce", inPlace, part, part.length, float, sum, world);
  }
}

/** Replaces the bytes by those of the root. */
export function broadcast(mpi: Mpi, bytes: Uint8Array, root: number, longest: number = LONGEST): void {
  const { byte, world } = mpi.abi;
  for (let at = 0; at < bytes.length; at += longest) {
    const part = bytes.subarray(at, at + longest);
    mpi.call("mpiCommunicator: broadcast", "Bcast", part, part.length, byte, root, world);
  }
}
