import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin, ResolvedConfig } from "vite";

const NAME = "service-worker.js";
const SOURCE = fileURLToPath(new URL("src/service-worker.ts", import.meta.url));

/** Folders of `public` that are not kept for everyone: published weights are large. */
const LEFT_OUT = /^weights\//;

/** Builds `src/service-worker.ts` beside the page, with the list of the files that were built. */
export function serviceWorker(): Plugin {
  let config: ResolvedConfig;
  return {
    name: "service-worker",
    apply: "build",
    buildStart() {
      this.emitFile({ type: "chunk", id: SOURCE, fileName: NAME });
    },
    configResolved(resolved) {
      config = resolved;
    },
    // When all is written: the Workers' files and those of `public` too.
    writeBundle() {
      const folder = resolve(config.root, config.build.outDir);
      const path = join(folder, NAME);
      const files = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(folder.length + 1)
            .replaceAll("\\", "/"),
        )
        .filter((file) => file !== NAME && !file.endsWith(".map") && !LEFT_OUT.test(file))
        .sort();
      const hash = createHash("sha256");
      for (const file of files) hash.update(file).update(readFileSync(join(folder, file)));
      const version = hash.digest("hex").slice(0, 12);
      // By the folder's address: some servers answer `index.html` with a redirection, which pages cannot be kept as.
      const addresses = files.map((file) => (file === "index.html" ? "./" : file));
      const built = JSON.stringify({ version, files: addresses });
      writeFileSync(path, `const BUILT=${built};${readFileSync(path, "utf8")}`);
    },
  };
}
