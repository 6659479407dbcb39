import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

/** The version to download, with which the binding was tested. */
const VERSION = "2.21.0";
/** Python version of the wheel's name; the library does not depend on it. */
const WHEEL_PYTHON = "3.12";

/** A folder that holds `tensorflow/`, and for the GPU `nvidia/`, as Python's `site-packages` does. */
export interface TensorFlowFiles {
  readonly site: string;
  /** Their origin, for printing. */
  readonly origin: string;
}

/** Options of {@link installedTensorFlow} and {@link downloadTensorFlow}. */
export interface PythonOptions {
  readonly gpu: boolean;
  /** A Python interpreter. */
  readonly python: string;
}

/** The interpreter's own TensorFlow, if it has the required libraries. */
export function installedTensorFlow({ gpu, python }: PythonOptions): TensorFlowFiles | undefined {
  const program = `import importlib.util
spec = importlib.util.find_spec("tensorflow")
print(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else "")`;
  const otherwise = "it needs Python 3 with pip (Debian: apt-get install python3 python3-pip)";
  const folder = runCommand(python, ["-c", program], { otherwise }).trim();
  if (folder === "") return undefined;
  const site = join(folder, "..");
  const complete = existsSync(join(folder, "libtensorflow_cc.so.2")) && existsSync(join(folder, "include"));
  if (!complete || (gpu && !existsSync(join(site, "nvidia")))) return undefined;
  return { site, origin: `the tensorflow of ${python}, linked: it must stay in ${folder}` };
}

/** Downloads PyPI's wheels and unpacks their headers and libraries to `site`, atomically. */
export function downloadTensorFlow(site: string, { gpu, python }: PythonOptions): TensorFlowFiles {
  const wheel = gpu ? `tensorflow[and-cuda]==${VERSION}` : `tensorflow-cpu==${VERSION}`;
  const folder = mkdtempSync(join(tmpdir(), "install-tensorflow-"));
  const unpacked = `${site}.partial`;
  try {
    const which = ["--only-binary=:all:", "--python-version", WHEEL_PYTHON, ...(gpu ? [] : ["--no-deps"])];
    runCommand(python, ["-m", "pip", "download", ...which, "--dest", folder, wheel], {
      show: true,
      otherwise: "it needs pip (Debian: apt-get install python3-pip) and a way to PyPI",
    });
    const wheels = readdirSync(folder).filter((name) => name.endsWith(".whl"));
    rmSync(unpacked, { recursive: true, force: true });
    mkdirSync(unpacked, { recursive: true });
    const paths = wheels.map((name) => join(folder, name));
    runCommand(python, ["-c", UNPACK, unpacked, ...paths], { otherwise: "is there room on the disk?" });
    rmSync(site, { recursive: true, force: true });
    renameSync(unpacked, site);
    return { site, origin: `${wheel} from PyPI` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(unpacked, { recursive: true, force: true });
  }
}

/** Headers and libraries of the wheels in `argv[2:]`, to the folder `argv[1]`. */
const UNPACK = `import sys, zipfile
WANTED = ("tensorflow/include/", "tensorflow/libtensorflow", "nvidia/")
for path in sys.argv[2:]:
    with zipfile.ZipFile(path) as wheel:
        wheel.extractall(sys.argv[1], [name for name in wheel.namelist() if name.startswith(WANTED)])`;
