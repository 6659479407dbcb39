// The packages in an application's bundle: made by each bundler from the installed tarballs, with and without the optional
// peers of tfjs-backends, and run in Chromium.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium, resultOfPage } from "test-kit/browser";
import { createServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUNDLERS, type Bundler } from "./bundlers.ts";

/** Every optional peer that is imported by its name, with the installed packages that cannot be without it. */
const PEERS: Readonly<Record<string, readonly string[]>> = {
  "@tensorflow/tfjs-backend-cpu": [
    "@tensorflow/tfjs-backend-wasm",
    "@tensorflow/tfjs-backend-webgl",
    "@tensorflow/tfjs-backend-webgpu",
    "wasm-kernels",
  ],
  "@tensorflow/tfjs-backend-wasm": ["wasm-kernels"],
  "@tensorflow/tfjs-backend-webgl": [],
  "@tensorflow/tfjs-backend-webgpu": [],
  "tensorflow-kernels": [],
  "wasm-kernels": [],
  "webgpu-kernels": [],
};
const ALL_PEERS = Object.keys(PEERS);
/** Peers of native code: no bundler sees their names, and none is installed here. */
const NATIVE = ["webgpu", "@tensorflow/tfjs-node", "@tensorflow/tfjs-node-gpu"];

interface Started {
  readonly name?: string;
  readonly detail: string;
  readonly reason: string;
  readonly slope: readonly number[];
  /** Of the packages' entries for browsers. */
  readonly used: readonly unknown[];
  readonly error?: string;
}

/** @param installed - The folder of {@link installTarballs}, once it is there. */
export function bundleTests(installed: () => string): void {
  const chromium = findChromium();
  let scratch = "";

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), "deit-bundles-"));
    const files = {
      "page.js": new URL("page.js", import.meta.url),
      "index.html": new URL("index.html", import.meta.url),
    };
    for (const [name, file] of Object.entries(files))
      copyFileSync(fileURLToPath(file), join(installed(), name));
    for (const name of NATIVE) expect(existsSync(join(installed(), "node_modules", name)), name).toBe(false);
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  describe.each(BUNDLERS)("a page bundled by $name", (bundler) => {
    test("with every optional peer starts WebAssembly, and says how where the bundler does not serve its files", async () => {
      const page = await bundle(bundler, "all", []);
      if (chromium === undefined) return;
      const { reason, slope, used, ...found } = await page("");
      expect(slope).toEqual([6, 8]);
      expect(used).toEqual(["function", 3, "opfs"]);
      expect(reason).not.toContain("process is not defined");
      expect(reason).not.toContain("not installed");
      const wasm = { name: "wasm", detail: expect.stringContaining("WebAssembly with training kernels") };
      if (bundler.findsFiles) return expect(found).toEqual(wasm);
      expect(found.name).not.toBe("wasm");
      expect(reason).toContain('say where: startBackend("auto", { wasmPaths: "/wasm/" })');
      expect(await page("?wasmPaths=/wasm/")).toMatchObject(wasm);
      expect(await page("?backend=webgl", "webgl")).toMatchObject({ name: "webgl", slope: [6, 8] });
    });

    test("with none of them is bundled, and says what to install", async () => {
      const page = await bundle(bundler, "none", ALL_PEERS);
      if (chromium === undefined) return;
      const { error } = await page("");
      expect(error).toMatch(/^startBackend: no backend starts here/);
      for (const name of ["wasm", "cpu"]) expect(error).toContain(`${name}: not installed`);
      const asked = await page("?backend=wasm");
      expect(asked.error).toBe(
        "startBackend: backend 'wasm' needs @tensorflow/tfjs-backend-wasm, not installed here: npm install @tensorflow/tfjs-backend-wasm",
      );
    });
  });

  test.runIf(chromium !== undefined)("a page of Vite's development server starts WebAssembly", async () => {
    const server = await createServer({
      ...{ root: installed(), configFile: false, logLevel: "silent", server: { host: "127.0.0.1", port: 0 } },
    });
    try {
      await server.listen();
      // The page posts to the server of the test, from where it is sent on.
      const page = `location.href = "${server.resolvedUrls!.local[0]}?to=" + encodeURIComponent(location.origin);`;
      expect(await resultOfPage(chromium!, page)).toMatchObject({ name: "wasm", slope: [6, 8] });
    } finally {
      await server.close();
    }
  });

  // The two that take a second each; the others see the same imports.
  describe.each(BUNDLERS.filter(({ name }) => name === "esbuild" || name === "Vite"))("$name", (bundler) => {
    test.each(ALL_PEERS)("bundles a page without %s", async (peer) => {
      await bundle(bundler, peer.replaceAll("/", "-"), [peer, ...PEERS[peer]!]);
    });
  });

  /** @returns What opens the page with a query. */
  async function bundle(
    bundler: Bundler,
    name: string,
    absent: readonly string[],
  ): Promise<(query: string, gpu?: "none" | "webgl") => Promise<Started>> {
    const out = join(scratch, bundler.name, name);
    await without(absent, () => bundler.bundle(installed(), out));
    const script = readFileSync(join(out, "page.js"), "utf8");
    return async (query, gpu = "none") =>
      (await resultOfPage(chromium!, script, { folder: out, module: bundler.module, query, gpu })) as Started;
  }

  /** Takes packages out of the project while `act` runs. */
  async function without(names: readonly string[], act: () => Promise<void>): Promise<void> {
    const [modules, away] = [join(installed(), "node_modules"), join(scratch, "away")];
    const moves = names.map((name) => [join(modules, name), join(away, name)] as const);
    for (const [from, to] of moves) {
      mkdirSync(dirname(to), { recursive: true });
      renameSync(from, to);
    }
    try {
      await act();
    } finally {
      for (const [from, to] of moves) renameSync(to, from);
    }
  }
}
