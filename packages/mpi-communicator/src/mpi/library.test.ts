import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { folderOf } from "test-kit";
import { expect, test } from "vitest";

test("without koffi the error names it", async () => {
  const source = readFileSync(new URL("./library.ts", import.meta.url), "utf8");
  const { code } = await transform(source, { loader: "ts", format: "esm" });
  const folder = await folderOf({
    "library.mjs": code, // where no package is installed
    "main.mjs":
      'import { loadKoffi } from "./library.mjs"; await loadKoffi().catch((e) => process.stdout.write(e.message));',
  });
  const { stdout } = spawnSync(process.execPath, [join(folder, "main.mjs")], { encoding: "utf8" });
  expect(stdout).toBe(
    "mpiCommunicator: koffi, which calls the MPI library, is not installed: npm install koffi",
  );
});
