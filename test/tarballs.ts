import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publicPackages, root } from "../scripts/packages.ts";
import { pnpm, run } from "../scripts/pnpm.ts";

/** The packages as somebody else gets them. */
export interface Installed {
  /** A project outside the repository with every tarball, and tfjs from the registry, installed by npm. */
  readonly folder: string;
  /** Paths in a package's tarball, and the tarball's size in bytes. */
  readonly tarballs: ReadonlyMap<string, { readonly files: readonly string[]; readonly bytes: number }>;
}

/** tfjs' own packages that an application chooses. */
const TFJS = [
  ...["core", "layers", "data", "converter"],
  ...["backend-cpu", "backend-wasm", "backend-webgl", "backend-webgpu"],
].map((name) => `@tensorflow/tfjs-${name}`);

/** What docs/guide/in-a-browser.md uses besides. */
const OF_PAGES: Readonly<Record<string, string>> = {
  "@tensorflow/tfjs-vis": "^1.5.1",
  "es-module-shims": "^2.8.4",
  react: "^19.2.0",
  "react-dom": "^19.2.0",
  svelte: "^5.0.0",
};

/** Builds, packs and installs every public package in a new folder, which the caller removes. */
export function installTarballs(): Installed {
  pnpm(root, "run", "build");
  const folder = mkdtempSync(join(tmpdir(), "deit-tarballs-"));
  const tfjs = Object.fromEntries(TFJS.map((name) => [name, "^4.22.0"]));
  const dependencies: Record<string, string> = { ...tfjs, ...OF_PAGES };
  const tarballs: Map<string, { files: string[]; bytes: number }> = new Map();
  mkdirSync(join(folder, "tarballs"));
  for (const { name, folder: source } of publicPackages()) {
    const path = join(folder, "tarballs", `${name}.tgz`);
    pnpm(source, "pack", "--out", path);
    dependencies[name] = `file:tarballs/${name}.tgz`;
    tarballs.set(name, {
      files: run(folder, "tar", "-tzf", path).trim().split("\n"),
      bytes: readFileSync(path).byteLength,
    });
  }
  const manifest = { name: "somebody-else", private: true, type: "module", dependencies };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  run(
    folder,
    npm,
    "install",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--loglevel=error",
  );
  for (const name of Object.keys(dependencies)) {
    if (!existsSync(join(folder, "node_modules", name)))
      throw new Error(`installTarballs: npm left out ${name}`);
  }
  return { folder, tarballs };
}
