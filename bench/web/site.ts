import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type PageServer, servePages } from "test-kit/browser";
import { build } from "vite";

const EXAMPLE = fileURLToPath(new URL("../../examples/deit-web/", import.meta.url));

/** examples/deit-web as `vite build` makes it, served. */
export interface Site {
  readonly url: string;
  /** Bytes of a file after gzip, by its path. Weights are left out. */
  readonly sizes: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Builds and serves the example. */
export async function buildSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "bench-web-"));
  process.env.NODE_ENV = "production";
  const config = { root: EXAMPLE, configFile: join(EXAMPLE, "vite.config.ts"), logLevel: "error" } as const;
  await build({ ...config, build: { outDir: folder, emptyOutDir: true } });
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const sizes = new Map<string, number>();
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name);
    if (parentPath.endsWith("weights")) continue;
    sizes.set(path.slice(folder.length), gzipSync(readFileSync(path)).length);
  }
  const server: PageServer = await servePages({ folder });
  return {
    url: server.url,
    sizes,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
