import type { Handle } from "../mpi/abi.ts";
import { bindMpi, type Mpi } from "../mpi/bindings.ts";
import { loadKoffi, openLibrary } from "../mpi/library.ts";
import { guardAgainstUcx } from "../mpi/ucx.ts";
import type { MpiStart, Started } from "./messages.ts";
import { whileMainIsStill } from "./stillness.ts";

const MULTIPLE = 3; // MPI_THREAD_MULTIPLE: the watch calls MPI too
const NAME_BYTES = 256;
const PLACE = "mpiCommunicator";

/**
 * Loads the library and initializes MPI.
 *
 * @param ask - Asks the main thread to be still while MPI is initialized.
 * @throws Error if the library is missing or not the launcher's, or if MPI is in use in this process already.
 */
export async function startMpi(start: MpiStart, ask: () => void): Promise<{ mpi: Mpi; started: Started }> {
  const koffi = await loadKoffi();
  ask();
  const { mpi, level } = whileMainIsStill(start.stillness, () => {
    guardAgainstUcx(koffi);
    const mpi = bindMpi(openLibrary(koffi, start.library, start.family));
    if (intFrom(mpi, "Initialized") !== 0) {
      throw new Error("mpiCommunicator: MPI was started in this process before; it can be started only once");
    }
    return { mpi, level: intFrom(mpi, "Init_thread", null, null, MULTIPLE) };
  });
  const { abi } = mpi;
  const size = intFrom(mpi, "Comm_size", abi.world);
  requireLauncher(mpi, start, size);
  if (level < MULTIPLE) {
    throw new Error(
      `mpiCommunicator: ${mpi.path} (${mpi.version}) has no MPI_THREAD_MULTIPLE, which the watch over the ranks needs`,
    );
  }
  const rank = intFrom(mpi, "Comm_rank", abi.world);
  const watched = abi.handle === "int" ? new Int32Array(1) : new BigUint64Array(1);
  mpi.call(PLACE, "Comm_dup", abi.world, watched);
  for (const one of [abi.world, watched[0]!]) mpi.call(PLACE, "Comm_set_errhandler", one, abi.errorsReturn);
  const hosts = hostsOf(mpi, start.host, size);
  return { mpi, started: { rank, hosts, path: mpi.path, watched: watched[0] as Handle } };
}

/** Calls a function whose last argument is where it writes an int. */
function intFrom(
  mpi: Mpi,
  name: Parameters<Mpi["call"]>[1],
  ...args: readonly Parameters<Mpi["call"]>[2][]
): number {
  const out = new Int32Array(1);
  mpi.call(PLACE, name, ...args, out);
  return out[0]!;
}

/** The launcher of one MPI leaves the library of another alone: each process would be the only one, and train the whole. */
function requireLauncher(mpi: Mpi, { launcher, size: launched }: MpiStart, size: number): void {
  if (launched === undefined || launched === size) return;
  if (size === 1) mpi.call(PLACE, "Finalize");
  throw new Error(
    `mpiCommunicator: ${launcher} started ${launched} processes, but ${mpi.path} (${mpi.version}) sees ${size}: they are of ` +
      "different MPIs; start with that library's own mpirun, or name the launcher's library by MPI_LIBRARY",
  );
}

function hostsOf(mpi: Mpi, host: string, size: number): string[] {
  const own = new Uint8Array(NAME_BYTES);
  new TextEncoder().encodeInto(host, own);
  const all = new Uint8Array(NAME_BYTES * size);
  const { byte, world } = mpi.abi;
  mpi.call(PLACE, "Allgather", own, NAME_BYTES, byte, all, NAME_BYTES, byte, world);
  return Array.from({ length: size }, (_, rank) => {
    const name = all.subarray(rank * NAME_BYTES, (rank + 1) * NAME_BYTES);
    return new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
  });
}
