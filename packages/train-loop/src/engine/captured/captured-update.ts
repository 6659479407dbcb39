import type * as tf from "@tensorflow/tfjs-core";
import { type StepOptions, takeStep } from "../../step/take-step.ts";
import type { Programs } from "./programs.ts";
import { refusalOfStep } from "./refusals.ts";

/** Takes optimizer steps by programs, with gradients that are variables. What cannot be captured is taken as it is. */
export class CapturedUpdate {
  readonly #programs: Programs;
  #step: StepOptions | undefined;

  constructor(programs: Programs) {
    this.#programs = programs;
  }

  /** Takes a step; the gradients stay the caller's. */
  async take(step: StepOptions, gradients: tf.NamedTensorMap): Promise<void> {
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
}

/** How a variable is treated: by functions of the caller, who may change their mind. */
function treatmentOf({ optimizer }: StepOptions, variableName: string): unknown {
  return (optimizer as { treatmentOf?(name: string): unknown }).treatmentOf?.(variableName);
}
