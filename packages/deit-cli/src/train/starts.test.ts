import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { vit } from "deit-model";
import { saveWeightsFile } from "deit-model/node";
import { emptyFolder } from "test-kit";
import { startBackend } from "tfjs-backends";
import { describe, expect, test, vi } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { requireInitialWeights, setInitialWeights } from "../models/initial-weights.ts";
import { editsOf } from "../options/edits-of.ts";
import { Interrupted } from "../process/interrupted.ts";
import { savedSettings } from "../runs/saved-settings.ts";
import { resumeSettings } from "../settings/resolve-settings.ts";
import { studentConfig } from "../settings/student-config.ts";
import { run } from "./run.ts";

vi.setConfig({ testTimeout: 600_000 });

const TINY = { preset: "tiny", name: "run", students: "alone", count: 60, backend: "wasm" } as const;

async function larger(): Promise<string> {
  await startBackend("wasm");
  const model = vit({ imageSize: 24, patchSize: 8, dim: 24, depth: 3, heads: 3, classes: 7, seed: 9 });
  const file = join(await emptyFolder(), "larger.safetensors");
  await saveWeightsFile(model, file);
  model.dispose();
  return file;
}

describe("--mimetic and --select-from", () => {
  test.each(["mimetic", "selectFrom"] as const)(
    "%s: the student starts from these weights, which settings and the resumed run keep",
    async (kind) => {
      const start = kind === "mimetic" ? { mimetic: true } : { selectFrom: await larger() };
      const train = async (isStopped: boolean) => {
        const out = await emptyFolder();
        const output = recorder();
        const folder = join(out, "run");
        const settings = settingsOf({ ...TINY, ...start, out, checkpointEvery: 1 });
        expect(settings.model).toMatchObject(start);
        if (!isStopped) await run(settings, output);
        else {
          const stop = new AbortController();
          const checkpoints = join(folder, "resume", "student-alone");
          const watcher = setInterval(() => {
            if (existsSync(checkpoints)) stop.abort(new Interrupted("stopped"));
          }, 5);
          await expect(run(settings, output, stop.signal)).rejects.toThrow("stopped and saved");
          clearInterval(watcher);
          const resumed = resumeSettings(savedSettings(folder), editsOf({ resume: folder }));
          expect(resumed.model).toEqual(settings.model);
          await run(resumed, output);
        }
        return { text: output.text(), weights: await readFile(join(folder, "student-alone", "weights.bin")) };
      };
      const [whole, again] = [await train(false), await train(true)];
      expect(whole.text).toContain(
        kind === "mimetic"
          ? "weights: mimetic attention and positions"
          : `weights: 30 tensors of ${start.selectFrom}, evenly spaced elements of each`,
      );
      expect(again.text).toContain("student-alone: resumes after step");
      expect(again.weights.equals(whole.weights)).toBe(true);
    },
  );

  test("write the weights of deit-model, and leave nothing behind", async () => {
    const file = await larger();
    const config = studentConfig(settingsOf({ ...TINY, out: "x" }), 5);
    const kernel = async (start: Parameters<typeof setInitialWeights>[1], seed: number) => {
      const model = vit(config);
      await setInitialWeights(model, start, seed);
      const [weight] = model.weights.filter(
        ({ originalName }) => originalName === "blocks.0.attn/qkv.kernel",
      );
      const values = [...weight!.read().dataSync()];
      model.dispose();
      return values;
    };
    const [plain, one, two, selected] = [
      await kernel({}, 1),
      await kernel({ mimetic: true }, 1),
      await kernel({ mimetic: true }, 2),
      await kernel({ selectFrom: file }, 1),
    ];
    expect(new Set([plain, one, two, selected].map((values) => values.slice(0, 4).join())).size).toBe(4);
    const before = tf.memory().numTensors;
    await requireInitialWeights(config, { mimetic: true });
    await requireInitialWeights(config, { selectFrom: file });
    expect(tf.memory().numTensors).toBe(before);
  });

  test("are refused together, with --weights, and for sizes that they cannot have", async () => {
    const settings = (options: object) => () => settingsOf({ ...TINY, out: "x", ...options });
    expect(settings({ mimetic: true, weights: "a" })).toThrow(
      "--weights: expected one of --weights, --select-from and --mimetic, got --weights and --mimetic",
    );
    expect(settings({ mimetic: true, selectFrom: "a" })).toThrow("got --select-from and --mimetic");
    const out = await emptyFolder();
    await expect(run(settingsOf({ ...TINY, out, mimetic: true, headDim: 16 }), recorder())).rejects.toThrow(
      "--mimetic: mimeticInit: blocks.0.attn: heads times headDim must be dim 16, got 32",
    );
    const smaller = join(await emptyFolder(), "smaller.safetensors");
    await startBackend("wasm");
    const { dim: _, ...config } = studentConfig(settingsOf({ ...TINY, out }), 5);
    await saveWeightsFile(vit({ ...config, dim: 8 }), smaller);
    await expect(run(settingsOf({ ...TINY, out, selectFrom: smaller }), recorder())).rejects.toThrow(
      "is not for this model, nothing was loaded. mismatched: patch_embed.proj.weight: expected [16,3,8,8], found [8,3,8,8]",
    );
  });
});
