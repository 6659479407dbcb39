// The bundlers as their users run them: little more than an entry and an output, and what Rollup needs to bundle packages.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import commonJs from "@rollup/plugin-commonjs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";

/** A bundler that makes `page.js`, and what it needs beside, from the `page.js` of a project. */
export interface Bundler {
  readonly name: string;
  /** Whether `page.js` is an ES module. */
  readonly module: boolean;
  /** Whether it serves the files that `new URL("…", import.meta.url)` names. */
  readonly findsFiles: boolean;
  /** @throws Error if the bundler reports an error. */
  bundle(project: string, out: string): Promise<void>;
}

/** Its types are those of a CommonJS module, which it is not where it is imported. */
const commonjs = commonJs as unknown as typeof commonJs.default;

export const BUNDLERS: readonly Bundler[] = [
  {
    ...{ name: "esbuild", module: true, findsFiles: false },
    async bundle(project, out) {
      const entry = { entryPoints: [join(project, "page.js")], outdir: out };
      await esbuild({ ...entry, bundle: true, format: "esm", splitting: true, logLevel: "silent" });
    },
  },
  {
    ...{ name: "webpack 5", module: false, findsFiles: true },
    bundle: (project, out) =>
      bundleByWebpack({ context: project, entry: "./page.js", output: { path: out, filename: "page.js" } }),
  },
  {
    ...{ name: "Rollup", module: true, findsFiles: false },
    async bundle(project, out) {
      const plugins = [nodeResolve({ browser: true }), commonjs()];
      const bundle = await rollup({ input: join(project, "page.js"), plugins, logLevel: "silent" });
      await bundle.write({ dir: out, format: "es" });
      await bundle.close();
    },
  },
  {
    ...{ name: "Vite", module: true, findsFiles: true },
    async bundle(project, out) {
      mkdirSync(out, { recursive: true });
      const output = { entryFileNames: "page.js" };
      await vite({
        ...{ root: project, configFile: false, logLevel: "silent", publicDir: false },
        build: { outDir: out, minify: false, rollupOptions: { input: join(project, "page.js"), output } },
      });
    },
  },
];

/** @throws Error with the first that webpack reports. */
export function bundleByWebpack(configuration: webpack.Configuration): Promise<void> {
  return new Promise((resolve, reject) => {
    webpack({ mode: "development", devtool: false, ...configuration }, (error, stats) => {
      const [first] = stats?.toJson({ all: false, errors: true }).errors ?? [];
      const problem = error ?? (first && new Error(first.message));
      if (problem) reject(problem);
      else resolve();
    });
  });
}
