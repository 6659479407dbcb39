import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { config } from "deit-model";
import { installWebGpuKernels } from "webgpu-kernels";
import { interleaved, median } from "../measure.ts";
import { type Recorder, rateRow, type SuiteOptions } from "../report.ts";
import { startRival } from "../rival-process.ts";
import { gigaflops } from "../wasm/step/model-flops.ts";
import { training } from "./training-step.ts";

const BATCHES = [32, 128];
/** Steps of one timing. */
const STEPS = 4;
const SCRIPT = fileURLToPath(new URL("../wasm/rivals/pytorch_step.py", import.meta.url));
/** Rows and columns of the product that stands for the adapter's limit. */
const SIDE = 8192;

/** How fast DeiT-Ti trains on a GPU: our kernels against the composites and, given an interpreter, against PyTorch. */
export async function speedRows(recorder: Recorder, { quick, python }: SuiteOptions): Promise<void> {
  const rate = await productRate();
  recorder.say(`a product of ${SIDE}×${SIDE} matrices by tfjs: ${(rate / 1e3).toFixed(1)} TFLOP/s`);
  const limit = rate / gigaflops(config.deitTiny, { backward: true });
  for (const batch of quick ? BATCHES.slice(0, 1) : BATCHES) {
    const id = `DeiT-Ti/16 224², images/s of training, micro-batch ${batch}`;
    const [ours, composites] = await againstComposites(batch, quick ? 3 : 7);
    recorder.add(rateRow(id, ours!, composites!, "composites", "images/s", null, limit));
    await pytorchRow(recorder, `${id}, against PyTorch`, batch, ours!, limit, python);
  }
  recorder.note(
    "images/s: the trainer's whole step (forward, backward, checks, logs, AdamW, float32), with our kernels captured, batches uploaded from the CPU, " +
      "and a teacher that costs nothing; PyTorch keeps one batch on the GPU. Limit: tfjs' own product of " +
      `${SIDE}×${SIDE} matrices, ${(rate / 1e3).toFixed(1)} TFLOP/s here, for the model's products alone.`,
  );
}

async function againstComposites(batch: number, rounds: number): Promise<number[]> {
  const student = training(config.deitTiny, batch);
  const composites = async (): Promise<number> => {
    installWebGpuKernels().uninstall(); // what `startBackend` installed
    try {
      return await student.timeOf(STEPS);
    } finally {
      installWebGpuKernels();
    }
  };
  try {
    const times: [ours: number[], theirs: number[]] = [[], []];
    for (let round = 0; round <= rounds; round++) {
      const [ours, theirs] = [await student.timeOf(STEPS), await composites()];
      if (round === 0) continue; // the shaders are compiled
      times[0].push(ours);
      times[1].push(theirs);
    }
    return times.map((each) => (batch * STEPS) / (median(each) / 1e3));
  } finally {
    student.dispose();
  }
}

async function pytorchRow(
  recorder: Recorder,
  id: string,
  batch: number,
  ours: number,
  limit: number,
  python: string | undefined,
): Promise<void> {
  if (python === undefined)
    return recorder.skip(id, "no --python <interpreter with torch and timm> was given");
  const torch = await startRival(python, SCRIPT, batch, "cuda");
  if (typeof torch === "string") return recorder.skip(id, torch);
  try {
    const times: number[] = [];
    for (let step = 0; step < 30; step++) times.push(await torch.step());
    const theirs = batch / (median(times.slice(10)) / 1e3);
    recorder.add(rateRow(id, ours, theirs, torch.name, "images/s", null, limit));
  } finally {
    torch.stop();
  }
}

/** GFLOP/s. */
async function productRate(): Promise<number> {
  const a = tf.randomUniform([SIDE, SIDE], -1, 1, "float32", 1) as tf.Tensor2D;
  const run = async (): Promise<void> => {
    const [c, corner] = tf.tidy(() => {
      const product = tf.matMul(a, a);
      return [product, tf.slice(product, [0, 0], [1, 1])] as const;
    });
    await corner.data();
    tf.dispose([c, corner]);
  };
  await run();
  const [milliseconds] = await interleaved([{ run }], { rounds: 5 });
  a.dispose();
  return (2 * SIDE ** 3) / 1e6 / milliseconds!;
}
