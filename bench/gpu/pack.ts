// Packs the benchmark for a machine with a GPU and without Node: this program's node, Dawn, the Vulkan loader, and all code as one file.
//   pack.ts <folder>        then there: sh <folder>/run.sh, or tar xf <folder>.tar.xz && sh …
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const folder = resolve(process.argv[2] ?? "runs/gpu-bench");
const LOADER = "/usr/lib/x86_64-linux-gnu/libvulkan.so.1";

rmSync(folder, { recursive: true, force: true });
mkdirSync(join(folder, "lib"), { recursive: true });
await build({
  entryPoints: [join(here, "main.ts")],
  outfile: join(folder, "main.mjs"),
  ...{ bundle: true, platform: "node", format: "esm", target: "node20", logLevel: "error" },
  conditions: ["@deit/source"],
  // tfjs' builds for Node are CommonJS modules that require its built-in ones.
  banner: {
    js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
  },
  external: ["webgpu", "koffi", "@tensorflow/tfjs-node", "@tensorflow/tfjs-node-gpu"],
});
copyFileSync(process.execPath, join(folder, "node"));
for (const name of ["run.sh", "pytorch_deit.py"]) copyFileSync(join(here, name), join(folder, name));
const dawn = realpathSync(join(here, "../node_modules/webgpu"));
const platforms = /dist\/(darwin|win32|linux-arm64)/;
cpSync(dawn, join(folder, "node_modules/webgpu"), {
  recursive: true,
  filter: (path) => !platforms.test(path) && !path.slice(dawn.length).includes("node_modules"),
});
if (existsSync(LOADER)) copyFileSync(LOADER, join(folder, "lib/libvulkan.so.1"));

const archive = `${folder}.tar.xz`;
execFileSync("tar", ["-cJf", archive, "-C", dirname(folder), basename(folder)], {
  env: { ...process.env, XZ_OPT: "-T2 -3" },
});
console.log(`${archive}: ${(statSync(archive).size / 2 ** 20).toFixed(0)} MiB`);
