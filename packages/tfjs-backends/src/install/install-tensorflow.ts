import { join } from "node:path";
import { buildBinding } from "./build-binding.ts";
import { findBinding } from "./find-binding.ts";
import { linkLibraries } from "./link-libraries.ts";
import { downloadTensorFlow, installedTensorFlow, type PythonOptions } from "./python-tensorflow.ts";

/**
 * Makes `startBackend("tensorflow")` work with PyPI's TensorFlow: the library that tfjs-node itself downloads is old and often
 * unavailable (tfjs issue 8742).
 *
 * Links the headers and libraries of a wheel into the installed `@tensorflow/tfjs-node` (with `gpu`: `…-gpu`), builds its
 * binding and loads it. An installed Python `tensorflow` is used as it is; otherwise wheels are downloaded.
 *
 * @param say - Called with a line for each step.
 * @throws Error with what is missing and the remedy.
 */
export async function installTensorFlow(options: PythonOptions, say: (line: string) => void): Promise<void> {
  if (process.platform !== "linux") {
    throw new Error(
      `install-tensorflow: expected Linux, got ${process.platform}; see tfjs-node's own README for other systems`,
    );
  }
  const binding = findBinding(options.gpu);
  say(`package: ${binding.name} in ${binding.folder}`);
  const deps = join(binding.folder, "deps");
  const { site, origin } = installedTensorFlow(options) ?? downloadTensorFlow(join(deps, "site"), options);
  say(`library: ${origin}`);
  linkLibraries(deps, site);
  say(`linked into ${deps}`);
  buildBinding(binding);
  say("binding: built with node-gyp");
  const { startBackend } = await import("../start-backend.ts");
  say(`it runs: ${(await startBackend("tensorflow")).detail}`);
}
