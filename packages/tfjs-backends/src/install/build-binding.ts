import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Binding } from "./find-binding.ts";
import { runCommand } from "./run-command.ts";

/** The newest Node-API that tfjs-node 4.22 knows; a binding for it runs in every later Node. */
const NAPI = 8;

/** Builds `tfjs_binding.node` with node-gyp against what is in `deps`, and puts it where the package looks. */
export function buildBinding({ folder }: Binding): void {
  const args = [
    "rebuild",
    `--napi_version=${process.versions.napi}`,
    `--napi_build_version=${NAPI}`,
    "--module_name=tfjs_binding",
    `--module_path=${join(folder, "lib", `napi-v${NAPI}`)}`,
    ...nodeHeaders(),
  ];
  const [command, ...first] = nodeGyp();
  runCommand(command, [...first, ...args], {
    cwd: folder,
    otherwise: "it needs make and a C++ compiler (Debian: apt-get install make g++)",
  });
}

/** Node's own headers, where it was installed with them: else node-gyp downloads them. */
function nodeHeaders(): string[] {
  const prefix = join(dirname(realpathSync(process.execPath)), "..");
  return existsSync(join(prefix, "include/node/node_api.h")) ? [`--nodedir=${prefix}`] : [];
}

/** npm comes with node-gyp. */
function nodeGyp(): [command: string, ...args: string[]] {
  const prefix = join(dirname(realpathSync(process.execPath)), "..");
  const own = join(prefix, "lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js");
  return existsSync(own) ? [process.execPath, own] : ["npx", "--yes", "node-gyp"];
}
