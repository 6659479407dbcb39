import { execFile } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { config } from "deit-model";
import { median } from "../measure.ts";
import { type Recorder, rateRow, type SuiteOptions } from "../report.ts";
import { type Rival, startRival } from "../rival-process.ts";
import { rowTable } from "../table.ts";
import { ceilingRow } from "../wasm/kernels/ceiling.ts";
import { chosenBuild } from "../wasm/step/builds.ts";
import { gigaflops } from "../wasm/step/model-flops.ts";
import { startOwnKernels } from "../wasm/which-kernels.ts";
import type { TrainingFigures, TrainingTask } from "./training.ts";

export const trainerParts: readonly string[] = ["speed", "memory"];

const CORES = 2;
const BATCH = 64;
const LARGE_BATCH = 256;
const OWN_BATCH = 2;
const MIB = 2 ** 20;
/** Runnable processes, of the last minute, beyond which figures suffer. */
const IDLE_LOAD = 0.7;

/** `fitDataset` on two cores: replicas against one, against tfjs' own kernels and PyTorch; memory, waiting, saving. */
export async function trainerSuite(recorder: Recorder, options: SuiteOptions): Promise<void> {
  const [load = 0] = loadavg();
  if (load > IDLE_LOAD) {
    recorder.note(`The machine was busy: load average ${load.toFixed(1)} as the run began.`);
  }
  await startOwnKernels();
  recorder.build = `${chosenBuild()} build, two cores`;
  const ceiling = await ceilingRow(recorder, options.quick);
  if (options.only !== "memory") await speedRows(recorder, options, ceiling);
  if (options.only !== "speed") await memoryRows(recorder, options);
  recorder.note(
    "Every training is a process of its own: DeiT-Ti/16 224² with both heads and AdamW on drawn flowers, decoded and " +
      "cropped in a thread beside it, a teacher that costs nothing.",
  );
  recorder.say(`\n${rowTable(recorder.rows)}\n`);
  for (const sentence of recorder.notes) recorder.say(`- ${sentence}`);
}

async function speedRows(
  recorder: Recorder,
  { quick, python }: SuiteOptions,
  ceiling: number,
): Promise<void> {
  const two = { replicas: CORES, batchSize: BATCH, steps: quick ? 2 : 4, kernels: true, checkpoint: false };
  const one = { ...two, replicas: 1 };
  const own = {
    replicas: 1,
    batchSize: OWN_BATCH,
    microBatchSize: OWN_BATCH,
    steps: 2,
    kernels: false,
  };
  const torch =
    python === undefined
      ? "no --python <interpreter with torch and timm> was given"
      : await startTorch(python);
  const rates: Record<"two" | "one" | "own" | "torch", number[]> = {
    two: [],
    one: [],
    own: [],
    torch: [],
  };
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    rates.two.push((await training(two)).imagesPerSecond);
    rates.one.push((await training(one)).imagesPerSecond);
    rates.own.push((await training({ ...own, checkpoint: false })).imagesPerSecond);
    if (typeof torch !== "string") rates.torch.push(BATCH / ((await torch.step()) / 1e3));
  }
  const limit = (ceiling * CORES) / gigaflops(config.deitTiny, { backward: true });
  const id = `fitDataset, DeiT-Ti/16 224², batch ${BATCH}, ${CORES} replicas`;
  const ours = median(rates.two);
  const rows = [
    rateRow(id, ours, median(rates.one), "one replica", "images/s", 1.8, 2 * median(rates.one)),
    rateRow(id, ours, median(rates.own), "tfjs' own kernels", "images/s", 42, limit),
  ];
  for (const row of rows) recorder.add(row);
  recorder.note(
    `Steps of tfjs' own kernels were timed at batch ${OWN_BATCH}, one replica, and are given per image.`,
  );
  if (typeof torch === "string") {
    recorder.skip(`${id}, against PyTorch eager`, torch);
    return;
  }
  torch.stop();
  recorder.add(rateRow(id, ours, median(rates.torch), torch.name, "images/s", 1.15, limit));
}

async function memoryRows(recorder: Recorder, { quick }: SuiteOptions): Promise<void> {
  const steps = quick ? 1 : 2;
  const task = { replicas: CORES, batchSize: LARGE_BATCH, steps, kernels: true, checkpoint: true };
  const { peakRss, waiting, checkpoint } = await training(task);
  const id = `fitDataset, DeiT-Ti/16 224², batch ${LARGE_BATCH}, ${CORES} replicas`;
  const small = (what: string, value: number, most: number, name: string, unit: string): void =>
    recorder.add({
      ...{ id: `${id}: ${what}`, ours: value, other: most, otherName: name, unit },
      ...{ ratio: most / value, target: 1 },
    });
  small("peak resident memory", peakRss / 1e6, 2000, "the budget", "MB");
  small("share of time spent waiting for data", 100 * waiting, 3, "the budget", "%");
  const { milliseconds, bytes } = checkpoint!;
  const bare = await writeAndSync(bytes);
  recorder.add({
    id: `a checkpoint of ${(bytes / MIB).toFixed(0)} MiB: read back, checksummed, written, flushed`,
    ...{ ours: milliseconds, other: bare, otherName: "writing and flushing as many bytes", unit: "ms" },
    ...{ ratio: bare / milliseconds, target: null, limit: bare },
  });
}

/** Milliseconds to write a file of this size and flush it to the disk: the median of five. */
async function writeAndSync(bytes: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "bench-trainer-"));
  const content = new Uint8Array(bytes).fill(7);
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    const file = await open(join(folder, `${round}`), "w");
    await file.writeFile(content);
    await file.sync();
    await file.close();
    times.push(performance.now() - start);
  }
  await rm(folder, { recursive: true });
  return median(times);
}

async function startTorch(python: string): Promise<Rival | string> {
  const script = fileURLToPath(new URL("../wasm/rivals/pytorch_step.py", import.meta.url));
  return startRival(python, script, BATCH, CORES);
}

async function training(task: TrainingTask): Promise<TrainingFigures> {
  const script = fileURLToPath(new URL("./training.ts", import.meta.url));
  const args = ["--import", "tsx", "--conditions=@deit/source", script, JSON.stringify(task)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: MIB });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as TrainingFigures;
}
