import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";

/** An installed `tfjs-node` or `tfjs-node-gpu`. */
export interface Binding {
  readonly name: string;
  readonly folder: string;
}

/** The package that `startBackend("tensorflow")` will load, found as it finds it. @throws Error if it is not installed. */
export function findBinding(gpu: boolean): Binding {
  const name = gpu ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node";
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return { name, folder: realpathSync(dirname(manifest)) };
  } catch (cause) {
    throw new Error(
      `install-tensorflow: expected ${name}, not installed here; install it without its own scripts, which fetch an ` +
        `old library: npm install --ignore-scripts ${name}@4.22.0`,
      { cause },
    );
  }
}
