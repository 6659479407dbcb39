import type * as tf from "@tensorflow/tfjs-core";
import type { StepCapture } from "kernel-contract";
import { meanLogs } from "../../step/batch-logs.ts";
import type { BatchPart } from "../../step/batch-part.ts";
import { type BatchGradients, disposePrepared } from "../../step/batch-sum.ts";
import { measureMemory } from "../../step/memory-use.ts";
import { disposeMicroBatch, microBatchRanges, rowsOfBatch, toMicroBatch } from "../../step/micro-batch.ts";
import { type StepOptions, takeStep } from "../../step/take-step.ts";
import { requireFiniteTeacher, requireTeacherShape, type WatchedRows } from "../../step/watch-teacher.ts";
import type { BatchLogs, MicroBatch, Prepared, Task } from "../../task.ts";
import type { Engine } from "../engine.ts";
import { forwardsWith } from "./forwards.ts";
import { GradientSums } from "./gradient-sums.ts";
import type { PassOutputs } from "./passes.ts";
import { evaluationPass, gradientPass } from "./passes.ts";
import { Programs } from "./programs.ts";
import { refusalOfStep, refusalOfTask } from "./refusals.ts";
import { type Pass, type StartedPass, startPass } from "./run-pass.ts";

/** A micro-batch's pass, its share of the batch, and the rows of its teacher. */
interface MicroPass extends StartedPass {
  readonly weight: number;
  readonly watched: readonly WatchedRows[];
}

/**
 * Computes whole batches in this thread by programs that the backend has recorded: one for a micro-batch's forward and backward pass,
 * which adds to sums of gradients, and one for the update. Between them the numbers that are checked are read back, so nothing that is
 * not finite gets into a weight. What cannot be captured runs as it is, on the same sums.
 */
export class CapturedEngine implements Engine {
  readonly #task: Task;
  readonly #programs: Programs;
  readonly #forward: MicroBatch["forward"];
  #sums: GradientSums | undefined;
  #step: StepOptions | undefined;

  /** @param warn - Called once at most, with what runs as it is and why. */
  constructor(task: Task, capture: StepCapture, warn: (message: string) => void) {
    this.#task = task;
    let isTold = false;
    this.#programs = new Programs(capture, (reason) => {
      if (!isTold) warn(reason);
      isTold = true;
    });
    this.#forward = forwardsWith(this.#programs);
    const refusal = refusalOfTask(task);
    if (refusal === undefined) return;
    this.#programs.refuse("gradients", refusal);
    this.#programs.refuse("evaluation", refusal);
  }

  measure(): ReturnType<Engine["measure"]> {
    return measureMemory(this.#task);
  }

  async sync(): Promise<void> {}

  async gradients(
    { batch, ...place }: BatchPart,
    microBatchSize: number,
    step: number,
  ): Promise<BatchGradients> {
    const sums = this.#sums ?? new GradientSums(this.#task.variables);
    this.#sums = sums;
    const frozen = this.#task.variables.map(({ trainable }) => (trainable ? "" : "frozen")).join();
    const passes: MicroPass[] = [];
    for (const [start, end] of microBatchRanges(batch.labels.length, microBatchSize)) {
      const isFirst = start === 0;
      const pass: Pass = {
        kind: "gradients",
        key: `${isFirst ? "first" : "later"} ${frozen}`,
        compute: (data) => gradientPass(this.#task, sums, isFirst, data, step),
      };
      const micro = toMicroBatch(rowsOfBatch(batch, start, end));
      passes.push(await this.#start(pass, micro, { training: true, step, firstRow: start, place }));
    }
    const numbers = await numbersOf(passes);
    const all = numbers.flatMap(({ watched = new Float32Array(0) }) => [...watched]);
    requireFiniteTeacher(
      place,
      passes.flatMap(({ watched }) => watched),
      Float32Array.from(all),
    );
    return {
      gradients: sums.named(passes[0]?.names.gradients ?? []),
      squaredNorms: numbers.at(-1)?.norms ?? new Float32Array(0),
      logs: logsOf(passes, numbers),
    };
  }

  async update(step: StepOptions, gradients: tf.NamedTensorMap): Promise<void> {
    if (step !== this.#step) {
      this.#step = step;
      const refusal = refusalOfStep(step);
      if (refusal !== undefined) this.#programs.refuse("update", refusal);
    }
    const key = JSON.stringify(Object.keys(gradients).map((name) => [name, treatmentOf(step, name)]));
    const program = await this.#programs.find("update", key, {}, () => {
      takeStep(step, gradients);
      return {};
    });
    if (program === undefined) takeStep(step, gradients);
    else await program.run({});
  }

  discard(): void {} // the sums are this engine's

  async evaluate({ batch, ...place }: BatchPart, microBatchSize: number): Promise<BatchLogs> {
    const pass: Pass = {
      kind: "evaluation",
      key: "",
      compute: (data) => evaluationPass(this.#task, data),
    };
    const passes: MicroPass[] = [];
    for (const [start, end] of microBatchRanges(batch.labels.length, microBatchSize)) {
      const micro = toMicroBatch(rowsOfBatch(batch, start, end));
      passes.push(await this.#start(pass, micro, { training: false, step: 0, firstRow: start, place }));
    }
    return logsOf(passes, await numbersOf(passes));
  }

  async close(): Promise<void> {
    this.#programs.dispose();
    this.#sums?.dispose();
    this.#sums = undefined;
  }

  async #start(
    pass: Pass,
    micro: MicroBatch,
    at: {
      readonly training: boolean;
      readonly step: number;
      readonly firstRow: number;
      readonly place: Omit<BatchPart, "batch">;
    },
  ): Promise<MicroPass> {
    const { training, step, firstRow, place } = at;
    const rows = micro.labels.size;
    const weight = rows / place.total;
    try {
      const given = { ...micro, ...(this.#forward && { forward: this.#forward }) };
      const prepared = await this.#task.prepare(given, training, step);
      try {
        requireTeacherShape(this.#task, prepared, rows);
        const { sampleKeys, labels, targets } = micro;
        const labeled = { labels, ...(this.#task.multiLabel && targets && { targets }) };
        const started = await startPass(this.#programs, pass, { prepared, labeled, sampleKeys, weight });
        return { ...started, weight, watched: training ? watchedRows(prepared, rows, firstRow) : [] };
      } finally {
        disposePrepared(prepared, micro.images);
      }
    } finally {
      disposeMicroBatch(micro);
    }
  }
}

/** How a variable is treated: by functions of the caller, who may change their mind. */
function treatmentOf({ optimizer }: StepOptions, variableName: string): unknown {
  return (optimizer as { treatmentOf?(name: string): unknown }).treatmentOf?.(variableName);
}

function watchedRows({ teacherFeatures = [], teacherLogits }: Prepared, rows: number, firstRow: number) {
  const features = teacherFeatures.map(() => ({ what: "features" as const, firstRow, rows }));
  return [...features, ...(teacherLogits ? [{ what: "logits" as const, firstRow, rows }] : [])];
}

function numbersOf(passes: readonly MicroPass[]): Promise<PassOutputs<Float32Array>[]> {
  return Promise.all(passes.map(({ numbers }) => numbers));
}

function logsOf(passes: readonly MicroPass[], numbers: readonly PassOutputs<Float32Array>[]): BatchLogs {
  const weights = passes.map(({ weight }) => weight);
  const rows = numbers.map(({ row }) => row);
  return meanLogs(passes[0]?.names.logs ?? [], weights, rows);
}
