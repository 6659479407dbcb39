import type * as Koffi from "koffi";
import type { Launch } from "../launch.ts";

const OPEN_MPI = ["libmpi.so.40", "libmpi.so"];
const MPICH = ["libmpich.so.12", "libmpi.so.12"];
const MAC = ["libmpi.40.dylib", "libmpi.12.dylib", "libmpi.dylib"];

/** Where libraries lie that the loader does not search: Fedora's modules, Homebrew. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  linux: ["/usr/lib64/openmpi/lib", "/usr/lib64/mpich/lib"],
  darwin: ["/opt/homebrew/lib", "/usr/local/lib"],
};

/** A loaded library. */
export interface Library {
  readonly path: string;
  readonly handle: Koffi.LibraryHandle;
}

/**
 * Loads koffi, which calls C functions.
 *
 * @throws Error if it is not installed.
 */
export async function loadKoffi(): Promise<typeof Koffi> {
  try {
    const module = (await import("koffi")) as unknown as typeof Koffi & { default?: typeof Koffi };
    return module.default ?? module;
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    const why = isMissing ? "is not installed" : `did not load (${(cause as Error).message})`;
    throw new Error(`mpiCommunicator: koffi, which calls the MPI library, ${why}: npm install koffi`, {
      cause,
    });
  }
}

/**
 * Loads the MPI library.
 *
 * @param wanted - Path or name; without it the usual names are tried, those of the launcher's family first.
 * @throws Error if none loads; it has the names that were tried and the packages that have one.
 */
export function openLibrary(
  koffi: typeof Koffi,
  wanted: string | undefined,
  family: Launch["family"],
): Library {
  const failures: string[] = [];
  const paths =
    wanted === undefined ? candidates(process.platform, process.env.CONDA_PREFIX, family) : [wanted];
  for (const path of paths) {
    try {
      // Global: the plugins that Open MPI loads later use its symbols.
      return { path, handle: koffi.load(path, { global: true }) };
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  // A library that is there but does not load says more than the names that are not.
  const telling =
    failures.find((message) => !/No such file|no such file|not found/.test(message)) ?? failures[0];
  throw new Error(
    `mpiCommunicator: found no MPI library, tried ${paths.join(", ")} (${telling}); install Open MPI: ` +
      "apt-get install openmpi-bin (Debian, Ubuntu), brew install open-mpi (Homebrew), conda install -c conda-forge openmpi; " +
      "or name a library by the option library or by MPI_LIBRARY",
  );
}

/** Names to try, in order. */
function candidates(
  platform: NodeJS.Platform,
  conda: string | undefined,
  family: Launch["family"],
): string[] {
  const linux = family === "MPICH" ? [...MPICH, ...OPEN_MPI] : [...OPEN_MPI, ...MPICH];
  const names = platform === "darwin" ? MAC : linux;
  // The environment of conda that is active comes first, as its mpirun does on the PATH.
  const inConda = conda === undefined ? [] : names.map((name) => `${conda}/lib/${name}`);
  const elsewhere = (FOLDERS[platform] ?? []).flatMap((folder) => names.map((name) => `${folder}/${name}`));
  return [...inConda, ...names, ...elsewhere];
}
