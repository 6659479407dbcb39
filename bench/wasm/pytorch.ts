import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { config } from "deit-model";
import { ADAMW_SEMANTICS, AdamW } from "distill-trainer";
import { median, timeOnce } from "../measure.ts";
import { type Recorder, rateRow } from "../report.ts";
import { deitStep } from "./deit-step.ts";
import { enterOurs } from "./kernels.ts";
import { gigaflops } from "./model-flops.ts";
import type { PartOptions } from "./suite.ts";

const BATCH = 8;
const ID = `training step (forward, backward, AdamW), DeiT-Ti/16 224², batch ${BATCH}`;

/** A process that makes one step of PyTorch when asked. */
interface Torch {
  readonly name: string;
  /** Milliseconds of one step. */
  step(): Promise<number>;
  stop(): void;
}

/** The whole training step against PyTorch, native and with AVX, on one thread. */
export async function pytorchRow(recorder: Recorder, { quick, ceiling, python }: PartOptions): Promise<void> {
  if (python === undefined) {
    recorder.skip(ID, "no --python <interpreter with torch and timm> was given");
    return;
  }
  const torch = await startTorch(python);
  if (typeof torch === "string") {
    recorder.skip(ID, torch);
    return;
  }
  try {
    const step = deitStep(config.deitTiny, BATCH);
    const optimizer = new AdamW({ ...ADAMW_SEMANTICS.torch, learningRate: 2.5e-4, weightDecay: 0.05 });
    const train = () => step.forwardBackward((gradients) => optimizer.applyGradients(gradients));
    const ours = { run: train, enter: () => enterOurs() };
    await timeOnce(ours);
    const times: [ours: number[], theirs: number[]] = [[], []];
    for (let round = 0; round < (quick ? 3 : 11); round++) {
      times[0].push(await timeOnce(ours));
      times[1].push(await torch.step());
    }
    const [rate, theirs] = times.map((side) => BATCH / (median(side) / 1e3)) as [number, number];
    const limit = ceiling / gigaflops(config.deitTiny, { backward: true });
    recorder.add(rateRow(ID, rate, theirs, torch.name, "images/s", 0.55, limit));
    optimizer.dispose();
    step.dispose();
  } finally {
    torch.stop();
  }
}

/** Starts the script and waits for its first line, or says why it does not run. */
async function startTorch(python: string): Promise<Torch | string> {
  const script = fileURLToPath(new URL("./pytorch_step.py", import.meta.url));
  const child = spawn(python, [script, String(BATCH)], { stdio: ["pipe", "pipe", "pipe"] });
  const errors: string[] = [];
  child.stderr.on("data", (text) => errors.push(String(text)));
  child.stdin.on("error", () => {}); // a script that has ended; the missing answer tells
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = once(child, "error").then(([error]) => (error as Error).message);
  const first = await Promise.race([lines.next(), failed]);
  if (typeof first === "string") return `the interpreter did not start: ${first}`;
  if (first.done) {
    // Standard error may still be on its way when standard output has ended.
    if (child.exitCode === null) await once(child, "close");
    return `the script did not start: ${errors.join("").trim().split("\n").at(-1) ?? "no message"}`;
  }
  return {
    name: first.value,
    async step() {
      child.stdin.write("\n");
      const { value, done } = await lines.next();
      if (done) throw new Error(`bench: PyTorch's script ended: ${errors.join("").trim()}`);
      return Number(value);
    },
    stop() {
      child.stdin.end();
    },
  };
}
