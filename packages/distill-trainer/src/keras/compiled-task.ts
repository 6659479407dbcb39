import type * as tfl from "@tensorflow/tfjs-layers";
import {
  type BatchLogs,
  type DataSource,
  type EvaluateOptions,
  evaluate,
  type FitOptions,
  fit,
  type StepOptions,
  type Task,
} from "train-loop";

/** Options of `fitDataset`: those of {@link fit}, except what `compile` was given. */
export interface FitDatasetOptions extends Omit<FitOptions, keyof StepOptions> {}

/** Keras' verbs over a task: `compile` makes it, `fitDataset` and `evaluateDataset` use it. */
export abstract class CompiledTask<Args extends StepOptions> {
  #compiled: { readonly task: Task; readonly step: StepOptions } | undefined;

  /** What a task is made of beside the optimizer. @throws TypeError or RangeError for arguments that do not fit. */
  protected abstract createTask(args: Args): Task;

  compile(args: Args): void {
    this.#compiled = { task: this.createTask(args), step: args };
  }

  /** Trains; see {@link FitOptions}. The model's variables change in place. */
  fitDataset(source: DataSource, options: FitDatasetOptions): Promise<tfl.History> {
    const { task, step } = this.#requireCompiled("fitDataset");
    const { optimizer, gradientTransform, ema } = step;
    return fit(task, optimizer, source, {
      ...options,
      ...(gradientTransform !== undefined && { gradientTransform }),
      ...(ema !== undefined && { ema }),
    });
  }

  /** @returns `loss`, the task's parts and `accuracy` over `source`. */
  evaluateDataset(source: DataSource, options: EvaluateOptions = {}): Promise<BatchLogs> {
    return evaluate(this.#requireCompiled("evaluateDataset").task, source, options);
  }

  /** The task that `compile` made. @throws Error before that. */
  get task(): Task {
    return this.#requireCompiled("task").task;
  }

  #requireCompiled(caller: string) {
    if (this.#compiled === undefined)
      throw new Error(`${this.constructor.name}.${caller}: call compile() first`);
    return this.#compiled;
  }
}
