import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { vit, weightTensors } from "deit-model";
import { saveSafetensors } from "safetensors-io/node";
import { emptyFolder } from "test-kit";
import { startBackend } from "tfjs-backends";
import { expect, test } from "vitest";
import { UsageError } from "../process/usage-error.ts";
import { requireInitialWeights } from "./initial-weights.ts";

test("what of a weights file a student does not start from is said; what it would compute without is refused", async () => {
  await startBackend("cpu");
  const config = { imageSize: 16, patchSize: 8, dim: 8, depth: 1, heads: 2, classes: 7 } as const;
  const model = vit(config);
  const file = join(await emptyFolder(), "weights.safetensors");
  const extra = (name: string) => ({ name, shape: [2], data: Float32Array.of(1, 2) });
  const write = (name: string) => saveSafetensors(file, [...weightTensors(model), extra(name)]);
  await write("pooler.dense.bias");
  const before = tf.memory().numTensors;
  expect(await requireInitialWeights({ ...config, classes: 3 }, { weights: file })).toBe(
    `weights: ${model.weights.length - 2} tensors of ${file}; the student's own: head.weight, head.bias; left out: head.bias, head.weight, pooler.dense.bias`,
  );
  expect(tf.memory().numTensors).toBe(before);
  await write("blocks.0.ls1.gamma");
  await expect(requireInitialWeights(config, { weights: file })).rejects.toThrow(
    /is not for this model, nothing was loaded. unexpected: blocks.0.ls1.gamma$/,
  );
});

test("a weights file that does not exist is refused by its option", async () => {
  const config = { imageSize: 16, patchSize: 8, dim: 8, depth: 1, heads: 2, classes: 7 } as const;
  const path = join(await emptyFolder(), "none.safetensors");
  for (const [option, start] of [
    ["--weights", { weights: path }],
    ["--select-from", { selectFrom: path }],
  ] as const)
    await expect(requireInitialWeights(config, start)).rejects.toThrow(
      new UsageError(
        `${option}: expected a file or folder of weights (safetensors, .pth), or a name on the Hugging Face Hub, got '${path}', which does not exist`,
      ),
    );
});

test("a student starts from PyTorch's checkpoint, from several files and from their folder, and says what was taken", async () => {
  const shape = { imageSize: 32, patchSize: 8, dim: 24, depth: 2, heads: 3, mlpRatio: 2 } as const;
  const config = { ...shape, classes: 5 };
  const fixture = (name: string) =>
    fileURLToPath(new URL(`../../../deit-model/fixtures/${name}`, import.meta.url));
  for (const [path, part] of [
    [fixture("timm-distilled.pth"), ", its model"],
    [fixture("huggingface-distilled"), ""],
    [fixture(join("huggingface-distilled", "model.safetensors.index.json")), ""],
  ] as const)
    expect(await requireInitialWeights(config, { weights: path })).toContain(` tensors of ${path}${part}; `);
});
