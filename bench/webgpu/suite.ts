import { existsSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { config } from "deit-model";
import { startBackend } from "tfjs-backends";
import { type GpuWork, installWebGpuKernels } from "webgpu-kernels";
// The first check of `startBackend("auto")`, which the package does not export.
import { mayHaveGpu } from "../../packages/tfjs-backends/src/webgpu/choose-adapter.ts";
import type { Recorder, SuiteOptions } from "../report.ts";
import { table } from "../table.ts";
import { capturedRows, trainerRows } from "./captured.ts";
import { halfRows } from "./half/accuracy.ts";
import { speedRows } from "./speed.ts";
import { workOfStep } from "./training-step.ts";

/** Where Debian's package `chromium` has its software GPU. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
/** Images of the step: the dispatches of one micro-batch are the same for any number. */
const BATCH = 2;

/** The parts of {@link webGpuSuite} that can be run alone. */
export const webGpuParts: readonly string[] = ["step", "captured", "half", "speed"];

/** GPU work of a training step of DeiT-Ti and, on a hardware adapter, its speed. */
export async function webGpuSuite(recorder: Recorder, options: SuiteOptions): Promise<void> {
  if (existsSync(SWIFTSHADER) && !mayHaveGpu()) process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;
  if (options.only === "captured" || options.only === undefined) {
    await capturedRows(recorder, options);
    await trainerRows(recorder, options);
  }
  if (options.only === "half" || options.only === undefined) await halfRows(recorder, options);
  if (options.only === "captured" || options.only === "half") return;
  const { detail } = await startBackend("webgpu");
  recorder.say(`webgpu: ${detail}`);
  if (options.only !== "speed") await countSteps(recorder, options, detail);
  if (options.only === "step") return;
  if (detail.includes("a software adapter"))
    recorder.skip("images/s of training", "no GPU: the adapter is software");
  else await speedRows(recorder, options);
}

/**
 * GPU work of one step, with our kernels and with the composites that they replace. Counts, not times: they are the
 * same on every GPU that binds as many buffers.
 */
async function countSteps(recorder: Recorder, { quick }: SuiteOptions, detail: string): Promise<void> {
  const batch = quick ? 1 : BATCH;
  const installed = installWebGpuKernels();
  const ours = await workOfStep(config.deitTiny, batch);
  installed.uninstall();
  const other = await workOfStep(config.deitTiny, batch);
  installWebGpuKernels();

  const rows = [
    ["dispatches of a training step", "dispatches", 2],
    ["bytes bound to them", "boundBytes", null],
    ["read-backs", "readBacks", null],
  ] as const;
  for (const [id, name, target] of rows) {
    const scale = name === "boundBytes" ? 2 ** 20 : 1;
    const unit = name === "boundBytes" ? "MiB" : "a step";
    const [mine, theirs] = [ours[name] / scale, other[name] / scale];
    const row = { id: `DeiT-Ti/16 224², ${id}`, ours: mine, other: theirs, otherName: "composites" };
    recorder.add({ ...row, unit, ratio: theirs / mine, target });
  }
  for (const [name, work] of [
    ["kernels", ours],
    ["composites", other],
  ] as const) {
    recorder.say(`\n${name}\n${programTable(work)}\n${transfers(work)}`);
  }
  recorder.note(`Dispatches, bytes and read-backs are counts, taken on ${adapterOf(detail)}.`);
  recorder.note(
    `A step with a micro-batch of ${batch}, the trainer's logs and its check of the gradients, without a teacher. From 4,096 ` +
      `tokens on, sums are cut into parts, with some 75 dispatches more. The adapter binds ${buffers()} buffers at once, which are ` +
      "two variables' in an update; with the 8 that every one has it is one variable's.",
  );
  recorder.note(
    "Bytes bound are the sizes of all buffers of all dispatches: what they read and write if each byte is touched once.",
  );
  recorder.note(`With our kernels ${transfers(ours)}; with the composites ${transfers(other)}.`);
  recorder.note(
    `Our dispatches by program: ${inOrder(ours)
      .map((entry) => entry.join(" "))
      .join(", ")}.`,
  );
}

/** `startBackend` says behind a comma whose kernels it installed. */
function adapterOf(detail: string): string {
  return detail.replace(/, [^,]*kernels.*$/, "");
}

function buffers(): number {
  const { device } = tf.backend() as unknown as { device: { limits: Record<string, number> } };
  return device.limits.maxStorageBuffersPerShaderStage!;
}

/** Programs by name, the most frequent first. */
function inOrder({ programs }: GpuWork): [name: string, count: number][] {
  return [...programs].sort((a, b) => b[1] - a[1]);
}

function programTable(work: GpuWork): string {
  const lines = inOrder(work).map(([name, count]) => [name, String(count)]);
  return table("lr", ["program", "dispatches"], lines);
}

function transfers({ uploads, uploadedBytes, readBacks, readBackBytes }: GpuWork): string {
  return `${uploads} uploads of ${uploadedBytes} bytes and ${readBacks} read-backs of ${readBackBytes} bytes a step`;
}
