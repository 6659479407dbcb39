import type { LibraryHandle } from "koffi";
import { type Abi, abiOf } from "./abi.ts";
import type { Library } from "./library.ts";

/** Parameters of the functions: `P` a pointer, `H` a handle, `I` an int, `A` an address given as a number. */
const FUNCTIONS = {
  Init_thread: "PPIP",
  Initialized: "P",
  Finalize: "",
  Abort: "HI",
  Comm_rank: "HP",
  Comm_size: "HP",
  Comm_dup: "HP",
  Comm_set_errhandler: "HH",
  Allgather: "PIHPIHH",
  Alltoall: "PIHPIHH",
  Allreduce: "APIHHH",
  Bcast: "PIHIH",
  Iprobe: "IIHPA",
  Recv: "PIHIIHA",
  Isend: "PIHIIHP",
  Test: "PPA",
} as const;

type Argument = number | bigint | NodeJS.TypedArray | null;

/** An MPI library: its ABI and its functions. */
export interface Mpi {
  readonly path: string;
  /** What the library says it is, one line. */
  readonly version: string;
  readonly abi: Abi;
  /** Calls `MPI_<name>`. Throws an Error of MPI's words, which begins with `place`. */
  call(place: string, name: keyof typeof FUNCTIONS, ...args: readonly Argument[]): void;
}

/**
 * Finds the functions of a library.
 *
 * @throws Error if the library is not an MPI library, or one of an unknown ABI.
 */
export function bindMpi({ path, handle }: Library): Mpi {
  const version = versionOf(path, handle);
  const abi = abiOf(handle, path, version);
  const types: Readonly<Record<string, string>> = { P: "void *", H: abi.handle, I: "int", A: "intptr_t" };
  const functions = Object.fromEntries(
    Object.entries(FUNCTIONS).map(([name, parameters]) => {
      const parameterTypes = [...parameters].map((letter) => types[letter]!);
      return [name, handle.func(`MPI_${name}`, "int", parameterTypes) as (...args: Argument[]) => number];
    }),
  );
  const errorString = handle.func("MPI_Error_string", "int", ["int", "void *", "void *"]);
  return {
    path,
    version: version.split(/[\n,]/)[0]!.replace(/\s+/g, " ").trim(),
    abi,
    call(place, name, ...args) {
      const code = functions[name]!(...args);
      if (code === 0) return;
      const words = Buffer.alloc(512);
      const length = new Int32Array(1);
      errorString(code, words, length);
      throw new Error(`${place}: MPI_${name}: ${words.toString("utf8", 0, length[0])}`);
    },
  };
}

/** `MPI_Get_library_version`, which may be called before `MPI_Init`. */
function versionOf(path: string, handle: LibraryHandle): string {
  const text = Buffer.alloc(8192); // MPICH's MPI_MAX_LIBRARY_VERSION_STRING; Open MPI's is 256
  const length = new Int32Array(1);
  try {
    handle.func("MPI_Get_library_version", "int", ["void *", "void *"])(text, length);
  } catch (cause) {
    throw new Error(`mpiCommunicator: ${path} is not an MPI library (${(cause as Error).message})`, {
      cause,
    });
  }
  return text.toString("utf8", 0, length[0]);
}
