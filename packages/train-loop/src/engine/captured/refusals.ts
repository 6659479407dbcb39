import { ModelEma } from "tfjs-optim";
import type { StepOptions } from "../../step/take-step.ts";
import type { Task } from "../../task.ts";

/** Why a task's passes are not captured, if its author did not say that they may be. */
export function refusalOfTask({ dependsOnStep = true }: Task): string | undefined {
  return dependsOnStep
    ? "the task may depend on the step, which would be that of its recording; dependsOnStep: false says that it does not"
    : undefined;
}

/** Why an optimizer's step is not captured: one that does not say that it can be might repeat a number of its recording. */
export function refusalOfStep({ optimizer, gradientTransform, ema }: StepOptions): string | undefined {
  const own = optimizer as { readonly isRecordable?: boolean };
  if (own.isRecordable !== true)
    return `the steps of ${optimizer.getClassName?.() ?? "this optimizer"} cannot be recorded; those of tfjs-optim can`;
  if (gradientTransform !== undefined && gradientTransform.isRecordable !== true)
    return `the gradient transform '${gradientTransform.name}' does not say that it can be recorded (isRecordable)`;
  if (ema !== undefined && !(ema instanceof ModelEma)) return "the average is no ModelEma";
  return undefined;
}
