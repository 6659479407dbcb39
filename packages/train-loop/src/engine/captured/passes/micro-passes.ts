import { meanLogs } from "../../../step/batch-logs.ts";
import type { BatchPart } from "../../../step/batch-part.ts";
import { disposePrepared } from "../../../step/batch-sum.ts";
import { disposeMicroBatch, microBatchRanges, rowsOfBatch, toMicroBatch } from "../../../step/micro-batch.ts";
import { requireFiniteTeacher, requireTeacherShape, type WatchedRows } from "../../../step/watch-teacher.ts";
import type { BatchLogs, MicroBatch, Prepared, Task } from "../../../task.ts";
import { forwardsWith } from "../forwards.ts";
import type { Programs } from "../programs.ts";
import { refusalOfTask } from "../refusals.ts";
import { GradientSums } from "./gradient-sums.ts";
import { evaluationPass, gradientPass, type PassOutputs } from "./passes.ts";
import { type Pass, type StartedPass, startPass } from "./run-pass.ts";

/** What the passes over some rows of a batch gave, beside the sums of gradients. */
export interface PassSums {
  /** Variables that have a gradient. */
  readonly names: readonly string[];
  /** Squared norm of each gradient. */
  readonly squaredNorms: Float32Array;
  /** Means over the batch's rows; empty if there are none here. */
  readonly logs: BatchLogs;
}

/** A micro-batch's pass, its share of the batch, and the rows of its teacher. */
interface MicroPass extends StartedPass {
  readonly weight: number;
  readonly watched: readonly WatchedRows[];
}

/**
 * Passes over a batch's micro-batches by programs: one for the first of them, which the sums of gradients begin with, one for the later
 * ones. What cannot be captured runs as it is, on the same sums.
 */
export class MicroPasses {
  readonly #task: Task;
  readonly #programs: Programs;
  readonly #forward: MicroBatch["forward"];
  #sums: GradientSums | undefined;

  constructor(task: Task, programs: Programs) {
    this.#task = task;
    this.#programs = programs;
    this.#forward = forwardsWith(programs);
    const refusal = refusalOfTask(task);
    if (refusal === undefined) return;
    programs.refuse("gradients", refusal);
    programs.refuse("evaluation", refusal);
  }

  /** The sums of a batch's gradients, which stay this object's. */
  get sums(): GradientSums {
    this.#sums ??= new GradientSums(this.#task.variables);
    return this.#sums;
  }

  /** Computes the sums of gradients of a part of a batch; of none, they are left as they are. */
  async train({ batch, ...place }: BatchPart, microBatchSize: number, step: number): Promise<PassSums> {
    const { sums } = this;
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
      names: passes[0]?.names.gradients ?? [],
      squaredNorms: numbers.at(-1)?.norms ?? new Float32Array(0),
      logs: logsOf(passes, numbers),
    };
  }

  /** Computes the logs of a part of a batch without training. */
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

  dispose(): void {
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
