// `npx pnpm@12 release:rehearse`: the release of what is committed, in a clone and to a registry on this machine: versions and
// CHANGELOGs from the changesets, build, publish; then npm installs the packages from there. Nothing leaves the machine.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publicPackages, root } from "./packages.ts";
import { pnpmProcess, runProcess } from "./pnpm.ts";
import { type Published, startRegistry } from "./registry.ts";

/** Some address: the packages have none of their own until the release workflow gives them the one it runs in. */
const ADDRESS = "https://localhost/rehearsal/deit-tfjs";
const names = publicPackages().map(({ name }) => name);
const folder = mkdtempSync(join(tmpdir(), "deit-release-"));
const clone = join(folder, "clone");
const registry = await startRegistry(names, process.env.npm_config_registry ?? "https://registry.npmjs.org/");
try {
  const npmrc = join(folder, "npmrc");
  const token = `${registry.url.replace("http:", "")}/:_authToken=rehearsal`;
  writeFileSync(npmrc, `registry=${registry.url}/\n${token}\n`);
  const env = {
    ...process.env,
    npm_config_registry: `${registry.url}/`, // npm and changesets read this one, pnpm the next
    pnpm_config_registry: `${registry.url}/`,
    npm_config_userconfig: npmrc,
    pnpm_config_provenance: "false", // which only a workflow on GitHub can make
    GIT_AUTHOR_NAME: "rehearsal",
    GIT_AUTHOR_EMAIL: "rehearsal@localhost",
    GIT_COMMITTER_NAME: "rehearsal",
    GIT_COMMITTER_EMAIL: "rehearsal@localhost",
  };
  const step = async (what: string, cwd: string, command: string, ...args: string[]): Promise<void> => {
    process.stdout.write(`${what}\n`);
    await runProcess(cwd, env, command, ...args);
  };
  const pnpm = pnpmProcess();

  await step("clone", folder, "git", "clone", "--quiet", root, clone);
  await runProcess(clone, process.env, ...pnpm, "install", "--frozen-lockfile", "--prefer-offline");
  await step("versions and CHANGELOGs", clone, ...pnpm, "exec", "changeset", "version");
  await step("commit", clone, "git", "commit", "--quiet", "--all", "--allow-empty", "--message", "Versions");
  await step("repository", clone, ...pnpm, "run", "set-repository", ADDRESS);
  const target = await runProcess(clone, env, ...pnpm, "config", "get", "registry");
  if (target.trim() !== `${registry.url}/`) {
    throw new Error(`rehearse-release: expected pnpm to publish to ${registry.url}/, got ${target.trim()}`);
  }
  await step("build and publish", clone, ...pnpm, "run", "release");

  for (const name of names) {
    const problem = problemOf(await published(name), join(clone, "packages", name));
    if (problem) throw new Error(`rehearse-release: ${name}: ${problem}`);
  }
  const somebody = join(folder, "somebody");
  mkdirSync(somebody);
  writeFileSync(join(somebody, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
  const tfjs = ["core", "layers"].map((name) => `@tensorflow/tfjs-${name}@^4.22.0`);
  await step("npm install, as somebody else", somebody, npm, "install", ...quiet, "deit-model", ...tfjs);
  const program = 'if (typeof (await import("deit-model")).deit !== "function") throw new Error("no deit");';
  await step("import", somebody, process.execPath, "--input-type=module", "-e", program);
  process.stdout.write(`published here: ${registry.published.join(", ")}\n`);
} finally {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
}

/** The registry's document of a package. */
async function published(name: string): Promise<Published> {
  const response = await fetch(`${registry.url}/${name}`);
  if (!response.ok) throw new Error(`rehearse-release: ${name} was not published`);
  return (await response.json()) as Published;
}

/** Faults of a published package compared with its folder in the clone. */
function problemOf({ versions }: Published, source: string): string | undefined {
  const { version } = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as { version: string };
  const manifest = versions[version];
  if (!manifest) return `expected version ${version}, got ${Object.keys(versions)}`;
  const url = manifest.repository?.url;
  if (url !== `git+${ADDRESS}.git`) return `expected the repository's address, got ${url}`;
  if (!existsSync(join(source, "CHANGELOG.md"))) return "expected a CHANGELOG.md, got none";
  for (const [to, range] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (!/^[\^<~]?\d/.test(range)) return `expected a range of versions for ${to}, got ${range}`;
  }
  return undefined;
}
