// Against a server on this machine that answers as the hub and its storage do.
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { emptyFolder, hubServer } from "test-kit";
import { startBackend } from "tfjs-backends";
import { describe, expect, test } from "vitest";
import { recorder } from "../../test/workspace.ts";
import { openModel } from "../models/open-model.ts";
import { fetchModel } from "./hub-model.ts";
import { fetchWeights, weightsFile } from "./weights-file.ts";

const ID = "facebook/deit-tiny-patch16-224";
const BODY = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) >> 3));
const CONFIG = Buffer.from("{}");
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const OFFLINE = "http://127.0.0.1:1";

async function start(files: Record<string, Uint8Array>) {
  const hub = await hubServer({ [ID]: { commit: COMMIT, files } });
  const env = { HF_ENDPOINT: hub.origin, HF_HOME: await emptyFolder() };
  const snapshot = join(env.HF_HOME, "hub", `models--${ID.replace("/", "--")}`, "snapshots", COMMIT);
  return { hub, env, snapshot };
}

describe("weights of the command line", () => {
  test.each([ID, `hf:${ID}`, `hf:${ID}@${COMMIT}`])(
    "by the name %s say what is downloaded and how large it is",
    async (name) => {
      const { hub, env } = await start({ "model.safetensors": BODY });
      const output = recorder(false);
      const path = await fetchWeights("--weights", name, output, { env });
      expect(output.text()).toBe(
        `weights: downloading ${name} from the Hugging Face Hub, 0.2 MB, once\nweights: ${path}\n`,
      );
      expect(weightsFile("--weights", name, env)).toBe(path);
      const { length } = hub.asked;
      expect(await fetchWeights("--weights", name, recorder(false), { env })).toBe(path);
      expect(hub.asked).toHaveLength(length);
    },
  );

  test("in several files, and PyTorch's, are named file by file", async () => {
    const index = Buffer.from('{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}');
    const { env, snapshot } = await start({
      ...{ "model.safetensors.index.json": index, "1.safetensors": BODY, "2.safetensors": BODY },
    });
    const output = recorder(false);
    const path = await fetchWeights("--select-from", `hf:${ID}`, output, { env });
    expect(path).toBe(join(snapshot, "model.safetensors.index.json"));
    expect(output.text()).toContain(
      `select-from: downloading hf:${ID}, 1.safetensors, from the Hugging Face Hub, 0.2 MB, once\n`,
    );
    const torch = await start({ "pytorch_model.bin": BODY });
    expect(await fetchWeights("--weights", ID, recorder(false), { env: torch.env })).toBe(
      join(torch.snapshot, "pytorch_model.bin"),
    );
  });

  test("are a path that exists before they are a name", async () => {
    const folder = await emptyFolder();
    await mkdir(join(folder, "facebook"));
    const path = join(folder, "facebook", "deit");
    await writeFile(path, "");
    const env = { HF_ENDPOINT: OFFLINE, HF_HOME: await emptyFolder() };
    expect(await fetchWeights("--weights", path, recorder(false), { env })).toBe(path);
  });

  test("that are neither, or that cannot be reached, are refused with the option", async () => {
    const env = { HF_ENDPOINT: OFFLINE, HF_HOME: await emptyFolder() };
    await expect(fetchWeights("--select-from", "none.safetensors", recorder(false), { env })).rejects.toThrow(
      "--select-from: expected a file or folder of weights (safetensors, .pth), or a name on the Hugging Face Hub, got 'none.safetensors', which does not exist",
    );
    await expect(fetchWeights("--weights", "a/b", recorder(false), { env })).rejects.toThrow(
      /^--weights: a\/b: model\.safetensors could not be downloaded: .*; to fetch it by hand: http:\/\/127\.0\.0\.1:1\/a\/b\/resolve\/main\/model\.safetensors$/,
    );
    const { hub, env: online } = await start({});
    await expect(fetchWeights("--weights", `hf:${ID}`, recorder(false), { env: online })).rejects.toThrow(
      `--weights: ${ID}: expected a repository with one of model.safetensors, `,
    );
    const stop = new AbortController();
    hub.instead = () => {
      stop.abort(new Error("enough"));
      return true;
    };
    const stopped = fetchWeights("--weights", "hf:a/b", recorder(false), {
      env: online,
      signal: stop.signal,
    });
    await expect(stopped).rejects.toThrow(/^enough$/);
  });
});

test("a model of the command line is the folder of a name of the hub, or the path", async () => {
  const { env, snapshot } = await start({ "config.json": CONFIG, "model.safetensors": BODY });
  const output = recorder(false);
  expect(await fetchModel("--teacher", `hf:${ID}`, output, { env })).toBe(snapshot);
  expect(output.text()).toContain(
    `teacher: downloading hf:${ID}, config.json, from the Hugging Face Hub, 0.0 MB, once\nteacher: downloading hf:${ID} from`,
  );
  expect(await fetchModel("--model", "runs/demo", recorder(false), { env })).toBe("runs/demo");
  await expect(fetchModel("--model", "hf:demo", recorder(false), { env })).rejects.toThrow(
    "--model: expected hf:owner/name or hf:owner/name@revision, got 'hf:demo'",
  );
  const onnx = await start({ "config.json": CONFIG, "onnx/model.onnx": BODY });
  expect(await fetchModel("--model", `hf:${ID}`, recorder(false), { env: onnx.env })).toBe(onnx.snapshot);
});

test("a model of transformers in several files is opened by its name on the hub, and again without the network", async () => {
  const folder = fileURLToPath(
    new URL("../../../deit-model/fixtures/huggingface-distilled/", import.meta.url),
  );
  const files = Object.fromEntries(
    readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]),
  );
  const named = new TextDecoder().decode(files["config.json"]).replaceAll("LABEL_", "flower ");
  const { env } = await start({ ...files, "config.json": new TextEncoder().encode(named) });
  await startBackend("cpu");
  for (const endpoint of [env.HF_ENDPOINT, OFFLINE]) {
    const own = { ...env, HF_ENDPOINT: endpoint };
    const opened = await openModel(await fetchModel("--model", `hf:${ID}`, recorder(false), { env: own }));
    expect([opened.imageSize, opened.classNames]).toEqual([
      32,
      Array.from({ length: 7 }, (_, i) => `flower ${i}`),
    ]);
    opened.classifier.dispose();
  }
});
