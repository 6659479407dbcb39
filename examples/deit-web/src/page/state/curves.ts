import { computed, signal } from "@preact/signals";
import type { Curves, EpochPoint, Role, StepPoint } from "../../session/types.ts";
import { project } from "./project.ts";

const NONE: Curves = { steps: [], epochs: [] };

/** Curves of a training that runs; `undefined` while none does. Replaced at most five times a second. */
const running = signal<Curves | undefined>();

/** The curves to draw: those of the training that runs, else those that the project keeps. */
export const curves = computed<Curves>(() => {
  if (running.value !== undefined) return running.value;
  const { training } = project.value;
  return training.kind === "none" ? NONE : training.curves;
});

/** Points that came since the curves were last shown. */
let steps: StepPoint[] = [];
let epochs: EpochPoint[] = [];

/** Goes on from curves so far. */
export function beginCurves(soFar: Curves): void {
  steps = [...soFar.steps];
  epochs = [...soFar.epochs];
  showCurves();
}

/** Notes a step; it is seen after the next {@link showCurves}. */
export function addStep(point: StepPoint): void {
  steps.push(point);
}

/** Notes the end of an epoch. */
export function addEpoch(point: EpochPoint): void {
  epochs.push(point);
}

/** Shows the points noted so far. */
export function showCurves(): void {
  running.value = { steps, epochs };
}

/** Shows the project's curves again. */
export function endCurves(): void {
  running.value = undefined;
}

/** A model's last point, and the last one at the end of an epoch. */
export function lastPoints(role: Role): { step: StepPoint | undefined; epoch: EpochPoint | undefined } {
  return {
    step: curves.value.steps.findLast((point) => point.role === role),
    epoch: curves.value.epochs.findLast((point) => point.role === role),
  };
}
