// `npx pnpm@12 fixtures`: lists the Python scripts that make the golden data; with `--python <interpreter>` runs them.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { publicPackages, root } from "./packages.ts";

interface Generator {
  readonly path: string;
  /** Software named in its header, such as `tensorflow-cpu==2.15.1`. */
  readonly needs: readonly string[];
  /** The file that its output is redirected to; `undefined` where the script writes its own. */
  readonly output: string | undefined;
}

process.exitCode = main();

function main(): number {
  const { values, positionals, problem } = read();
  const all = publicPackages().flatMap(({ folder }) => scriptsIn(join(folder, "fixtures")));
  const chosen = positionals.length ? all.filter(({ path }) => positionals.includes(shown(path))) : all;
  const unknown = positionals.filter((name) => !all.some(({ path }) => shown(path) === name));
  if (problem ?? unknown[0]) {
    const known = all.map(({ path }) => shown(path)).join(", ");
    process.stderr.write(`fixtures: ${problem ?? `expected scripts out of ${known}, got ${unknown[0]}`}\n`);
    process.stderr.write("usage: npx pnpm@12 fixtures [--python <interpreter>] [script …]\n");
    return 2;
  }
  for (const { path, needs } of chosen) process.stdout.write(`${shown(path)}\n  needs ${needs.join(", ")}\n`);
  if (values.python === undefined) {
    process.stdout.write(
      "Run them with --python <an interpreter that has these>; name scripts to run only those.\n",
    );
    return 0;
  }
  const interpreter = values.python.includes("/") ? resolve(values.python) : values.python;
  return chosen.every((generator) => make(generator, interpreter)) ? 0 : 1;
}

function read(): { values: { python?: string }; positionals: string[]; problem?: string } {
  try {
    const args = process.argv.slice(2).filter((arg) => arg !== "--");
    return parseArgs({ args, options: { python: { type: "string" } }, allowPositionals: true });
  } catch (error) {
    return { values: {}, positionals: [], problem: (error as Error).message };
  }
}

function scriptsIn(folder: string): Generator[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".py"))
    .sort()
    .map((name) => ({ name, header: headerOf(join(folder, name)) }))
    .filter(({ name, header }) => header.includes(name)) // says how it is run; others are modules of these
    .map(({ name, header }) => {
      const output = new RegExp(`python\\S* ${name} > (\\S+)`).exec(header)?.[1];
      const needs = header.match(/Python 3\.\d+|[\w-]+==[\w.]+/g) ?? ["what its header says"];
      return { path: join(folder, name), needs, output };
    });
}

function headerOf(path: string): string {
  return /^"""([\s\S]*?)"""/.exec(readFileSync(path, "utf8"))?.[1] ?? "";
}

/** Runs one script; its data is written only if it ended well. */
function make({ path, output }: Generator, python: string): boolean {
  const folder = dirname(path);
  try {
    const stdio = ["ignore", "pipe", "inherit"] as const;
    const made = execFileSync(python, [basename(path)], {
      cwd: folder,
      stdio: [...stdio],
      maxBuffer: 2 ** 30,
    });
    if (output !== undefined) writeFileSync(join(folder, output), made);
    process.stdout.write(`${shown(path)}: done\n`);
    return true;
  } catch (error) {
    process.stderr.write(`fixtures: ${shown(path)} failed: ${(error as Error).message}\n`);
    return false;
  }
}

function shown(path: string): string {
  return relative(root, path);
}
