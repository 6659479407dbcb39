import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * Links the headers and libraries of a wheel to where tfjs-node's `binding.gyp` and its built binding look, beside
 * whatever else is in `deps`. (`libtensorflow_cc` exports TensorFlow's C interface too.)
 */
export function linkLibraries(deps: string, site: string): void {
  const cc = "libtensorflow_cc.so.2";
  const framework = "libtensorflow_framework.so.2";
  const links = [
    ["include", "tensorflow/include"],
    ["lib/libtensorflow.so", `tensorflow/${cc}`], // for the linker
    [`lib/${cc}`, `tensorflow/${cc}`], // for the loader, which knows a library by its own name
    ["lib/libtensorflow_framework.so", `tensorflow/${framework}`],
    [`lib/${framework}`, `tensorflow/${framework}`],
    ...(existsSync(join(site, "nvidia")) ? [["nvidia", "nvidia"]] : []), // where the library looks for CUDA's
  ] as const;
  rmSync(join(deps, "lib"), { recursive: true, force: true });
  mkdirSync(join(deps, "lib"), { recursive: true });
  for (const [link, file] of links) {
    rmSync(join(deps, link!), { recursive: true, force: true });
    symlinkSync(join(site, file!), join(deps, link!));
  }
}
