// The packages in a bundle for Node, which tfjs' own packages and worker threads make harder than it looks.
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProcess } from "../../scripts/pnpm.ts";
import { bundleByWebpack } from "./bundlers.ts";

/** Native code stays outside of every bundle. */
const NATIVE = ["sharp"];

const BUNDLES: Readonly<Record<string, (project: string, out: string) => Promise<unknown>>> = {
  "esbuild, CommonJS": (project, out) => byEsbuild(project, join(out, "program.cjs"), "cjs", NATIVE),
  // tfjs-core requires Node's modules, which esbuild cannot have in an ES module.
  "esbuild, ES module, tfjs outside": (project, out) =>
    byEsbuild(project, join(out, "program.mjs"), "esm", [...NATIVE, "@tensorflow/*"]),
  "webpack 5": (project, out) =>
    bundleByWebpack({
      ...{
        target: "node20",
        context: project,
        entry: "./program.js",
        externals: { sharp: "commonjs sharp" },
      },
      output: { path: out, filename: "program.cjs" },
    }),
};

/** @param installed - The folder of `installTarballs`, once it is there. */
export function nodeBundleTests(installed: () => string): void {
  const folders: string[] = [];
  beforeAll(() => {
    copyFileSync(fileURLToPath(new URL("program.js", import.meta.url)), join(installed(), "program.js"));
  });
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  describe.each(Object.entries(BUNDLES))("a Node program bundled by %s", (name, bundle) => {
    test("trains with the kernels, and draws and decodes pictures", async () => {
      const out = mkdtempSync(join(tmpdir(), "deit-node-bundle-"));
      folders.push(out);
      symlinkSync(join(installed(), "node_modules"), join(out, "node_modules"), "junction");
      await bundle(installed(), out);
      const program = join(out, name.includes("ES module") ? "program.mjs" : "program.cjs");
      const files = join(installed(), "node_modules/@tensorflow/tfjs-backend-wasm/dist/");
      const printed = JSON.parse(await runProcess(out, process.env, process.execPath, program, files));
      expect(printed).toEqual({
        ...{ name: "wasm", detail: expect.stringContaining("WebAssembly with training kernels") },
        ...{ slope: [-0.5, 0.5], shapes: [[4, 8, 8, 3]] },
      });
    });
  });
}

function byEsbuild(project: string, outfile: string, format: "cjs" | "esm", external: string[]) {
  const entry = { entryPoints: [join(project, "program.js")], outfile };
  return build({ ...entry, bundle: true, platform: "node", format, external, logLevel: "silent" });
}
