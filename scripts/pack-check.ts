// `npx pnpm@12 pack:check`: publint and "are the types wrong?" on each package's tarball, after a build.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { publicPackages, type WorkspacePackage } from "./packages.ts";
import { pnpm, run } from "./pnpm.ts";

const require = createRequire(import.meta.url);
const attw = require.resolve("@arethetypeswrong/cli/package.json").replace("package.json", "dist/index.js");

const folder = mkdtempSync(join(tmpdir(), "deit-pack-"));
try {
  for (const one of publicPackages()) {
    const problems = await problemsOf(one);
    process.stdout.write(
      `${one.name.padEnd(18)} ${problems.length ? "failed" : "publint and attw: no problems"}\n`,
    );
    for (const problem of problems) process.stdout.write(`  ${problem.replaceAll("\n", "\n  ")}\n`);
    if (problems.length) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function problemsOf({ name, folder: source, manifest }: WorkspacePackage): Promise<string[]> {
  const path = join(folder, `${name}.tgz`);
  pnpm(source, "pack", "--out", path);
  const bytes = readFileSync(path);
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  const problems = messages
    .filter((message) => message.type !== "suggestion")
    .map((message) => `publint: ${formatMessage(message, pkg ?? manifest, { color: false })}`);
  try {
    // ESM only: `require` of a CommonJS file resolves to an ES module, which Node >= 20.19 loads.
    run(folder, process.execPath, attw, path, "--profile", "esm-only", "--no-color", "--no-emoji");
  } catch (error) {
    problems.push(`attw: ${(error as Error).message}`);
  }
  return problems;
}
