// Beside Python's huggingface_hub, on the same server and in the same cache. PYTHON_EXPORT names a Python that has it; else it is that of
// scripts/verifiers.sh.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { emptyFolder, hubServer } from "test-kit";
import { describe, expect, test } from "vitest";
import { cachedHubFile, cachedHubWeights, hubFile, hubFolder, hubName } from "./index.ts";

const brought = fileURLToPath(new URL("../../../.verifiers/python/bin/python", import.meta.url));
const python = process.env.PYTHON_EXPORT ?? (existsSync(brought) ? brought : undefined);
const script = fileURLToPath(new URL("../test/hub.py", import.meta.url));
const ID = "facebook/deit-tiny";
const NAME = hubName(`hf:${ID}`)!;
const OFFLINE = "http://127.0.0.1:1";
const bytes = (size: number, seed: number) =>
  Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * seed));
const FILES = {
  "config.json": Buffer.from('{"model_type": "deit"}\n'),
  "model.safetensors.index.json": Buffer.from('{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}'),
  "1.safetensors": bytes(100_000, 3),
  "2.safetensors": bytes(200_000, 7),
  "onnx/model.onnx": bytes(50_000, 5),
};

/** A path, `absent`, or what Python complains of. */
async function pythonSays(env: Record<string, string>, ...args: string[]): Promise<string> {
  const child = spawn(python!, [script, ...args], { env: { PATH: process.env.PATH, ...env } });
  let [out, problem] = ["", ""];
  child.stdout.on("data", (text) => (out += text));
  child.stderr.on("data", (text) => (problem += text));
  const [status] = await once(child, "close");
  return status === 0 ? out.trim() : problem.trim();
}

/** Files, links with their targets, in a cache; without what only one of the two writes. */
function layout(home: string): Record<string, string> {
  const found = readdirSync(join(home, "hub"), { recursive: true, withFileTypes: true });
  const shown = found.flatMap(({ parentPath, name }) => {
    const path = join(parentPath, name);
    if (/CACHEDIR\.TAG|\.locks/.test(path) || lstatSync(path).isDirectory()) return [];
    const isLink = lstatSync(path).isSymbolicLink();
    const content = isLink ? `-> ${readlinkSync(path)}` : readFileSync(path).toString("base64");
    return [[path.slice(home.length), content]];
  });
  return Object.fromEntries(shown.sort());
}

if (python === undefined && process.env.CONFORMANCE !== "all")
  test.skip("huggingface_hub is not here: PYTHON_EXPORT names no Python that has it", () => {});
else
  describe("beside Python's huggingface_hub", () => {
    const commit = "0123456789abcdef0123456789abcdef01234567";
    const start = async () => ({
      hub: await hubServer({ [ID]: { commit, files: FILES } }),
      homes: [await emptyFolder(), await emptyFolder()] as const,
    });

    test("what Python has downloaded is found without a request, and the reverse; the caches are equal", async () => {
      expect(python, "PYTHON_EXPORT").toBeDefined();
      const { hub, homes } = await start();
      const [ours, theirs] = homes.map((home) => ({ HF_HOME: home, HF_ENDPOINT: hub.origin }));
      for (const file of Object.keys(FILES)) {
        const path = await pythonSays(theirs!, ID, file);
        expect(path).toContain(join("snapshots", commit, file));
        expect(cachedHubFile(NAME, file, { env: theirs! })).toBe(path);
        expect(await hubFile(NAME, file, { env: { ...theirs, HF_ENDPOINT: OFFLINE } })).toBe(path);
      }
      expect(await pythonSays(theirs!, ID, "preprocessor_config.json")).toContain("Entry Not Found");
      const offline = { ...theirs, HF_ENDPOINT: OFFLINE };
      expect(await hubFolder(NAME, { env: offline })).toBe(
        join(theirs!.HF_HOME, "hub", `models--facebook--deit-tiny/snapshots/${commit}`),
      );
      expect(cachedHubWeights(NAME, { env: offline })).toContain("model.safetensors.index.json");

      const folder = await hubFolder(NAME, { env: ours! });
      await hubFile(NAME, "onnx/model.onnx", { env: ours! });
      for (const [file, content] of Object.entries(FILES)) {
        const path = await pythonSays({ ...ours!, HF_ENDPOINT: OFFLINE }, ID, file, "--local");
        expect(path).toBe(join(folder, file));
        expect(readFileSync(realpathSync(path)).equals(content)).toBe(true);
      }
      expect(await pythonSays({ ...ours!, HF_HUB_OFFLINE: "1" }, ID, "preprocessor_config.json")).toBe(
        "absent",
      );
      const [one, two] = homes.map(layout);
      for (const name of ["model.safetensors", "preprocessor_config.json"]) {
        const key = `/hub/models--facebook--deit-tiny/.no_exist/${commit}/${name}`;
        expect(one![key]).toBe("");
        delete one![key];
        delete two![key]; // Python has not looked for single weights
      }
      expect(one).toEqual(two);
    });

    test("both at a time get the file, in one cache", async () => {
      const { hub, homes } = await start();
      const env = { HF_HOME: homes[0], HF_ENDPOINT: hub.origin };
      hub.storage.cuts = [1000, 100_000];
      const [path, ...others] = await Promise.all([
        hubFile(NAME, "2.safetensors", { env, retryDelay: 1 }),
        pythonSays(env, ID, "2.safetensors"),
        pythonSays(env, ID, "2.safetensors"),
      ]);
      expect(others).toEqual([path, path]);
      expect(readFileSync(path).equals(FILES["2.safetensors"])).toBe(true);
    });

    test("what Python left unfinished does no harm, and a file that we left unfinished none to Python", async () => {
      const { hub, homes } = await start();
      const env = { HF_HOME: homes[0], HF_ENDPOINT: hub.origin };
      hub.storage.cuts = [1000];
      await expect(hubFile(NAME, "1.safetensors", { env, retries: 0 })).rejects.toThrow(
        "it ended after 1000",
      );
      const path = await pythonSays(env, ID, "1.safetensors");
      expect(readFileSync(path).equals(FILES["1.safetensors"])).toBe(true);
      expect(await hubFile(NAME, "1.safetensors", { env: { ...env, HF_ENDPOINT: OFFLINE } })).toBe(path);
    });
  });
