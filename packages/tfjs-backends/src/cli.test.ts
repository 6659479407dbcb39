import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { emptyFolder } from "test-kit";
import { expect, test } from "vitest";
import { linkLibraries } from "./install/link-libraries.ts";

const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const CLI = fileURLToPath(new URL("./cli.ts", import.meta.url));

// `.ci/run` tests on a real wheel that `install-tensorflow` builds and loads, and runs the backend's tests on the result.

function cli(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const options = ["--conditions=@deit/source", "--import", TSX, CLI, ...args];
  return spawnSync(process.execPath, options, { encoding: "utf8" });
}

test("says what it can do", () => {
  const { status, stdout } = cli("--help");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^usage: tfjs-backends install-tensorflow/);
});

test.each([
  [["install-cuda"], "tfjs-backends: expected 'install-tensorflow', got 'install-cuda'"],
  [["install-tensorflow", "--cuda"], "Unknown option '--cuda'"],
])("refuses %j", (args, message) => {
  const { status, stderr } = cli(...args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});

// The package for the GPU is in nobody's checkout here.
test.runIf(process.platform === "linux")("says which package is missing, and how to install it", () => {
  const { status, stderr } = cli("install-tensorflow", "--gpu");
  expect(status).toBe(1);
  expect(stderr).toBe(
    "install-tensorflow: expected @tensorflow/tfjs-node-gpu, not installed here; install it without its own scripts, " +
      "which fetch an old library: npm install --ignore-scripts @tensorflow/tfjs-node-gpu@4.22.0\n",
  );
});

test("links what the binding looks for, in the place of what was there", async () => {
  const folder = await emptyFolder();
  const [deps, site] = [join(folder, "deps"), join(folder, "site")];
  mkdirSync(join(site, "tensorflow/include"), { recursive: true });
  mkdirSync(join(site, "nvidia"));
  mkdirSync(join(deps, "lib"), { recursive: true });
  writeFileSync(join(site, "tensorflow/libtensorflow_cc.so.2"), "new");
  writeFileSync(join(deps, "lib/libtensorflow.so.2.9.1"), "old");
  linkLibraries(deps, site);
  linkLibraries(deps, site); // once more changes nothing
  expect(readFileSync(join(deps, "lib/libtensorflow.so"), "utf8")).toBe("new");
  expect(readlinkSync(join(deps, "include"))).toBe(join(site, "tensorflow/include"));
  expect(readlinkSync(join(deps, "nvidia"))).toBe(join(site, "nvidia"));
  expect(() => readFileSync(join(deps, "lib/libtensorflow.so.2.9.1"))).toThrow("ENOENT");
});
