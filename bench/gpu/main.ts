// Every figure of a GPU in under ten minutes, in the order of worth, each written as soon as it is known:
//   main.ts [--python python3] [--out rows.jsonl] [--minutes 9] [--size full | tiny]
// `tiny` is for trying the program on a WebGPU that runs on the CPU; its figures say nothing of a GPU.
import { parseArgs } from "node:util";
import { config } from "deit-model";
import { startBackend } from "tfjs-backends";
import { installWebGpuKernels, type Precision, tuneWebGpuKernels } from "webgpu-kernels";
import { training } from "../webgpu/training-step.ts";
import { type PyTorch, pytorchRate } from "./pytorch.ts";
import { Rows } from "./rows.ts";
import { capturedStep, eagerStep, type Size, type TimedStep } from "./step.ts";

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    out: { type: "string", default: "gpu-rows.jsonl" },
    minutes: { type: "string", default: "9" },
    size: { type: "string", default: "full" },
  },
});
const { python, out } = values;
const tiny = { imageSize: 32, patchSize: 8, dim: 48, depth: 2, heads: 3, batch: 4 };
const full = { ...config.deitTiny, imageSize: 224, batch: 128 };
const size: Size = values.size === "tiny" ? tiny : full;
const steps = values.size === "tiny" ? 3 : 20;
const name = values.size === "tiny" ? "tiny ViT, batch 4" : "DeiT-Ti/16 224², micro-batch 128";

const { detail } = await startBackend("webgpu");
const rows = new Rows(
  out,
  { size: values.size, adapter: detail, node: process.version },
  Number(values.minutes),
);

/** Milliseconds of a step: each waited for, and with the queue kept full. */
interface Times {
  readonly each: number;
  readonly full: number;
}

async function timesOf(step: TimedStep): Promise<Times> {
  try {
    await step.time(3, "each"); // shaders are compiled
    const best = async (wait: "each" | "last") =>
      Math.min(await step.time(steps, wait), await step.time(steps, wait), await step.time(steps, wait));
    return { each: await best("each"), full: await best("last") };
  } finally {
    step.dispose();
  }
}

const rateOf = (milliseconds: number) => size.batch / (milliseconds / 1e3);

/** A row of images per second against PyTorch's, which may be missing. */
function against(row: string, milliseconds: number, rival: PyTorch | undefined, target?: number): void {
  const ours = { row: `${name}, ${row}`, ours: rateOf(milliseconds), unit: "images/s" };
  if (rival === undefined || "why" in rival) {
    rows.add({ ...ours, skipped: `against PyTorch, ${rival?.why ?? "which was not timed"}` });
    return;
  }
  const { name: otherName, imagesPerSecond: other } = rival;
  rows.add({ ...ours, other, otherName, ratio: ours.ours / other, ...(target && { target }) });
}

async function captured(row: string, precision: Precision, rival: PyTorch | undefined, target?: number) {
  return rows.measure(row, 45, async () => {
    installWebGpuKernels({ precision });
    const times = await timesOf(await capturedStep(size));
    against(`${row}, captured step`, times.full, rival, target);
    return times;
  });
}

const pytorch = await rows.measure("PyTorch float32", 60, () => pytorchRate(python, size, "float32", steps));
const float32 = await captured("float32", "float32", pytorch, 0.6);
if (float32 !== undefined) {
  rows.add({
    row: `${name}, captured step, each waited for: share of it in which the GPU works`,
    ...{ ours: float32.full / float32.each, unit: "of the time", target: 0.95 },
  });
}

await rows.measure("trainer", 60, async () => {
  installWebGpuKernels({ precision: "float32" });
  const { batch, ...sides } = size;
  const trainer = training(sides, batch);
  try {
    await trainer.run(2);
    const timeOf = async (count: number) => {
      const start = performance.now();
      await trainer.run(count);
      return performance.now() - start;
    };
    // The difference of a long and a short training: what both do once falls out.
    const step = ((await timeOf(2 + steps)) - (await timeOf(2))) / steps;
    against("float32, the trainer's whole step", step, pytorch, 0.6);
    if (float32 === undefined) return;
    rows.add({
      row: `${name}, the trainer's step: share of it in which the GPU works, by the captured step with a full queue`,
      ...{ ours: float32.full / step, unit: "of the time", target: 0.95 },
    });
  } finally {
    trainer.dispose();
  }
});

const bf16 = await rows.measure("PyTorch bf16", 60, () => pytorchRate(python, size, "bf16", steps));
const mixed = await captured("mixed_float16", "mixed_float16", bf16, 0.4);

/** Times the tiles of what the step multiplies, then the step again. */
async function tuned(precision: Precision, before: Times | undefined): Promise<void> {
  await rows.measure(`${precision}, tuned`, 90, async () => {
    installWebGpuKernels({ precision });
    const { products } = await tuneWebGpuKernels();
    const times = await timesOf(await capturedStep(size));
    const changed = products.filter(({ time, defaultTime }) => time < defaultTime).length;
    rows.add({
      row: `${name}, ${precision}, captured step, ${changed} of ${products.length} products in another tile than untuned`,
      ...{ ours: rateOf(times.full), unit: "images/s", otherName: "untuned" },
      ...(before && { other: rateOf(before.full), ratio: before.full / times.full }),
    });
  });
}

await tuned("mixed_float16", mixed);
await tuned("float32", float32);
await rows.measure("float32, not captured", 45, async () => {
  installWebGpuKernels({ precision: "float32" });
  const { each } = await timesOf(eagerStep(size));
  against("float32, step that is not captured", each, pytorch);
});
process.exit(0);
