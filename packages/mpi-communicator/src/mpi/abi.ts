import type { LibraryHandle } from "koffi";

/** An MPI handle: the address of an object (Open MPI), or a number (MPICH). */
export type Handle = number | bigint;

/** What MPI leaves to the library: how handles are passed, and the special values. */
export interface Abi {
  readonly name: "Open MPI" | "MPICH";
  /** C type of a handle. */
  readonly handle: "uintptr_t" | "int";
  readonly world: Handle;
  readonly byte: Handle;
  readonly int: Handle;
  readonly unsignedShort: Handle;
  readonly float: Handle;
  readonly double: Handle;
  readonly sum: Handle;
  readonly max: Handle;
  readonly errorsReturn: Handle;
  readonly inPlace: number;
  readonly anySource: number;
  readonly statusIgnore: number;
}

/**
 * Returns the ABI of a library by its `MPI_Get_library_version`: Open MPI's (also of Spectrum MPI), or MPICH's (also of Intel
 * MPI, MVAPICH and Cray MPICH), which its makers keep alike.
 *
 * @see https://www.mpich.org/abi/
 * @throws Error for another library.
 */
export function abiOf(library: LibraryHandle, path: string, version: string): Abi {
  if (/Open MPI|Spectrum MPI/.test(version)) return openMpi(library);
  if (/MPICH|Intel\(R\) MPI|MVAPICH/i.test(version)) return MPICH;
  throw new Error(
    `mpiCommunicator: ${path} is neither Open MPI nor has MPICH's ABI: ${JSON.stringify(version.slice(0, 200))}`,
  );
}

/** Handles are the addresses of the library's data symbols, as in its mpi.h. */
function openMpi(library: LibraryHandle): Abi {
  const address = (name: string): bigint => library.symbol(`ompi_${name}`) as bigint;
  return {
    name: "Open MPI",
    handle: "uintptr_t",
    world: address("mpi_comm_world"),
    byte: address("mpi_byte"),
    int: address("mpi_int"),
    unsignedShort: address("mpi_unsigned_short"),
    float: address("mpi_float"),
    double: address("mpi_double"),
    sum: address("mpi_op_sum"),
    max: address("mpi_op_max"),
    errorsReturn: address("mpi_errors_return"),
    inPlace: 1,
    anySource: -1,
    statusIgnore: 0,
  };
}

/** Numbers of MPICH's mpi.h. */
const MPICH: Abi = {
  name: "MPICH",
  handle: "int",
  world: 0x44000000,
  byte: 0x4c00010d,
  int: 0x4c000405,
  unsignedShort: 0x4c000204,
  float: 0x4c00040a,
  double: 0x4c00080b,
  sum: 0x58000003,
  max: 0x58000001,
  errorsReturn: 0x54000001,
  inPlace: -1,
  anySource: -2,
  statusIgnore: 1,
};
