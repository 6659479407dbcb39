import type { Curves, EpochPoint, Role, StepPoint, TrainingEvent } from "../../session/types.ts";
import { curvesUntil, type SavedPlace } from "../project/training-record.ts";
import type { StageEvents } from "./stage.ts";

/** The curves of a training while it runs. */
export class RunningCurves {
  #steps: StepPoint[];
  #epochs: EpochPoint[];

  constructor({ steps, epochs }: Curves) {
    this.#steps = [...steps];
    this.#epochs = [...epochs];
  }

  get curves(): Curves {
    return { steps: this.#steps, epochs: this.#epochs };
  }

  /** Forgets what a model has done after a step: it is trained again. */
  cut(role: Role, step: number): void {
    const { steps, epochs } = curvesUntil(this.curves, role, step);
    [this.#steps, this.#epochs] = [[...steps], [...epochs]];
  }

  addStep(point: StepPoint): void {
    this.#steps.push(point);
  }

  addEpoch(point: EpochPoint): void {
    this.#epochs.push(point);
  }
}

/**
 * Keeps the curves of a model's training and tells the page of it.
 *
 * @param save - Stores the curves and where the training is.
 */
export function follow(
  role: Role,
  epochs: number,
  running: RunningCurves,
  tell: (event: TrainingEvent) => void,
  save: (place: SavedPlace) => Promise<void>,
): StageEvents {
  let steps = 0;
  return {
    begin(step, ofAll) {
      steps = ofAll;
      running.cut(role, step);
      tell({ kind: "begin", role, step, steps, epochs, curves: running.curves });
    },
    step(point, figures) {
      running.addStep(point);
      tell({ kind: "step", point, ...figures });
    },
    epoch(point) {
      running.addEpoch(point);
      tell({ kind: "epoch", point });
    },
    flush: (step) => save({ role, step, steps }),
    saved: (step) => tell({ kind: "saved", role, step }),
    note: (text) => tell({ kind: "note", text }),
  };
}
