// Trainings that capture their steps, against the same as they are, on WebGPU.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { deit, vit } from "deit-model";
import { layersTeacher, tokenDistillation } from "distill-trainer";
import { startWebGpu } from "test-kit/backends";
import { AdamW, clipByGlobalNorm, Lion, ModelEma, warmup } from "tfjs-optim";
import { afterEach, describe, expect, test, vi } from "vitest";
import { bitsOf, stripes } from "../../checkpoint/test-data.ts";
import { type FitOptions, fit, type Task } from "../../index.ts";

const missing = await startWebGpu();
const SIZE = { imageSize: 8, patchSize: 4, dim: 8, depth: 2, heads: 2, classes: 3, init: "timm" } as const;

/** A student with drop path and dropout, its teacher, and all that belongs to a step. */
function training(options: { readonly optimizer?: tf.Optimizer; readonly change?: (task: Task) => Task } = {}) {
  const student = deit({ ...SIZE, dropPathRate: 0.5, dropRate: 0.1, seed: 1 });
  const model = vit({ ...SIZE, seed: 2 });
  const teacher = layersTeacher(model);
  const task = tokenDistillation({ student, teacher, distillation: { kind: "soft", temperature: 2 } });
  const optimizer =
    options.optimizer ?? new AdamW({ learningRate: warmup((step) => 1e-2 / (1 + step), { steps: 2 }) });
  const ema = new ModelEma(student, { decay: 0.7 });
  const steps: object[] = [];
  const onBatchEnd = (_: number, logs: Record<string, number> = {}) => {
    const { computeSeconds: __, waitSeconds: ___, ...rest } = logs;
    steps.push(rest);
  };
  const run = (more: Partial<FitOptions> = {}) =>
    fit(options.change?.(task) ?? task, optimizer, stripes(19, 5, 3), {
      ...{ epochs: 2, microBatchSize: 2, validationData: stripes(6, 3, 4) }, // batches of 2 + 2 + 1 rows, the last of 2 + 2
      ...{ gradientTransform: clipByGlobalNorm(0.5), ema, callbacks: { onBatchEnd } },
      ...more,
    });
  const moments = async () => {
    const all = await optimizer.getWeights();
    const values = await Promise.all(all.slice(1).map(async ({ tensor }) => [...(await tensor.data())]));
    all[0]?.tensor.dispose();
    return values;
  };
  const dispose = () => {
    ema.dispose();
    optimizer.dispose();
    student.dispose();
    model.dispose();
  };
  return { student, ema, optimizer, run, steps, moments, dispose };
}

async function result(one: ReturnType<typeof training>, more?: Partial<FitOptions>) {
  const { history } = await one.run(more);
  const bits = await bitsOfAll(one);
  return { history, steps: one.steps, bits, moments: await one.moments(), updates: one.ema.updates };
}

async function bitsOfAll({ student, ema }: ReturnType<typeof training>): Promise<string> {
  const tensors = [...student.weights.map((weight) => weight.read()), ...ema.weights];
  for (const tensor of tensors) await tensor.data(); // WebGPU reads asynchronously alone
  return bitsOf(student, ema);
}

describe.skipIf(missing)(`fit${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  afterEach(() => warn.mockClear());
  const told = () => warn.mock.calls.map(([message]) => String(message));

  test("captures its steps to the bits that they have without: logs, norms, weights, moments, averages", async () => {
    const [plain, captured] = [training(), training()];
    const before = tf.memory().numTensors;
    const actual = await result(captured);
    expect(tf.memory().numTensors).toBe(before + 2 * captured.student.trainableWeights.length); // moments
    expect(told()).toEqual([]);
    expect(actual).toEqual(await result(plain, { capture: false }));
    expect(actual.steps.length).toBe(8);
    plain.dispose();
    captured.dispose();
  }, 240_000);
});
void Lion;
void tfl;
