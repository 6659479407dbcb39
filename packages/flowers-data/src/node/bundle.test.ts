import { execFile } from "node:child_process";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type Format } from "esbuild";
import { imageSource } from "image-source/node";
import { folderOf } from "test-kit";
import { expect, test } from "vitest";
import { proceduralFlowers } from "../node.ts";

const PROGRAM = `
  import { imageSource } from "image-source/node";
  import { proceduralFlowers } from "flowers-data/node";
  (async () => {
    const store = await proceduralFlowers({ count: 40, size: 8, seed: 1, workers: 2 });
    const source = imageSource(store, { batchSize: 2, imageSize: 8, training: true, workers: 1 });
    let sum = 0;
    for await (const { images } of source.batches(0)) sum += images.reduce((a, b) => a + b);
    await source.close();
    process.stdout.write(String(sum));
  })();`;

test.each(["esm", "cjs"] as const)(
  "runs in a bundle (%s) without its threads' file, and says so",
  async (format: Format) => {
    const root = await folderOf({});
    const here = fileURLToPath(new URL("../..", import.meta.url));
    await symlink(join(here, "node_modules"), join(root, "node_modules"));
    const outfile = join(root, format === "esm" ? "program.mjs" : "program.cjs");
    await build({
      stdin: { contents: PROGRAM, resolveDir: here },
      alias: { "flowers-data/node": join(here, "src/node.ts") },
      conditions: ["@deit/source"],
      external: ["sharp"],
      ...{ bundle: true, platform: "node", format, outfile, logLevel: "error" },
    });
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [outfile], { timeout: 60_000 });

    const store = await proceduralFlowers({ count: 40, size: 8, seed: 1, workers: 2 });
    const source = imageSource(store, { batchSize: 2, imageSize: 8, training: true, workers: 1 });
    let sum = 0;
    for await (const { images } of source.batches(0)) sum += images.reduce((a, b) => a + b);
    await source.close();
    expect(Number(stdout)).toBe(sum);
    expect(stderr).toContain("[NO_WORKER_THREADS]");
    expect(stderr).toContain(
      "draw-worker.js does not lie beside the code that starts it: flowers-data works",
    );
    expect(stderr).toContain(
      "views-worker.js does not lie beside the code that starts it: image-source works",
    );
  },
);
