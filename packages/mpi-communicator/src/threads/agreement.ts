import type { Mpi } from "../mpi/bindings.ts";
import type { Operation } from "./messages.ts";

const KINDS = ["allreduce", "compressed allreduce", "broadcast", "barrier", "close"];

/**
 * Throws on all ranks unless they call the same operation with as many bytes and the same root: MPI would wait forever, or add up
 * garbage. Costs one sum of 48 bytes. No rank returns before all have called, so this is a barrier too.
 */
export function requireAgreement(mpi: Mpi, hosts: readonly string[], operation: Operation): void {
  const own = header(operation);
  const { abi } = mpi;
  const place = `mpiCommunicator: ${operation.kind}`;
  // The largest of each number and of its negative: the ranks agree if they are the same number.
  const ends = Float64Array.from([...own, ...own.map((value) => -value)]);
  mpi.call(place, "Allreduce", abi.inPlace, ends, ends.length, abi.double, abi.max, abi.world);
  if (own.every((_, i) => ends[i] === -ends[i + own.length]!)) return;

  const all = new Float64Array(own.length * hosts.length);
  const sent = Float64Array.from(own);
  mpi.call(place, "Allgather", sent, own.length, abi.double, all, own.length, abi.double, abi.world);
  const called = hosts.map((_, rank) => words(all.subarray(rank * own.length, (rank + 1) * own.length)));
  const other = called.findIndex((one) => one !== called[0]);
  throw new Error(
    `mpiCommunicator: all ranks must call the same operation, but rank 0 on ${hosts[0]} called ${called[0]}, ` +
      `rank ${other} on ${hosts[other]} ${called[other]}`,
  );
}

function header(operation: Operation): [kind: number, bytes: number, root: number] {
  if (operation.kind === "allreduce") {
    return [operation.isCompressed ? 1 : 0, operation.values.byteLength, 0];
  }
  if (operation.kind === "broadcast") return [2, operation.values.byteLength, operation.root];
  return [KINDS.indexOf(operation.kind), 0, 0];
}

function words([kind, bytes, root]: Float64Array): string {
  const name = KINDS[kind!]!;
  if (kind! < 2) return `${name} of ${bytes! / 4} numbers`;
  return kind === 2 ? `${name} of ${bytes} bytes from rank ${root}` : name;
}
