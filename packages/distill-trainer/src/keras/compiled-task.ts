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

/** Options of `fitDataset`: those of {@link fit}, except those of `compile`. */
export interface FitDatasetOptions extends Omit<FitOptions, keyof StepOptions> {}

/** Keras' methods over a task: `compile` creates it, `fitDataset` and `evaluateDataset` use it. */
export abstract class CompiledTask<Args extends StepOptions> {
  /** Class name in errors; `constructor.name` would be the minifier's. */
  protected abstract readonly name: string;
  #compiled: { readonly task: Task; readonly step: StepOptions } | undefined;

  /** Creates the task from the arguments of `compile`. @throws TypeError or RangeError for arguments that do not fit. */
  protected abstract createTask(args: Args): Task;

  /** Sets the optimizer, the loss and their options. @throws TypeError or RangeError for arguments that do not fit. */
  compile(args: Args): void {
    this.#compiled = { task: this.createTask(args), step: args };
  }

  /** Trains the model, whose variables change in place; see {@link FitOptions}. */
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

  /** The compiled task. @throws Error before `compile`. */
  get task(): Task {
    return this.#requireCompiled("task").task;
  }

  #requireCompiled(caller: string) {
    if (this.#compiled === undefined) throw new Error(`${this.name}.${caller}: call compile() first`);
    return this.#compiled;
  }
}
