import type { Predictions } from "../judge/predictions.ts";
import type { ModelResult } from "../runs/run-result.ts";

/** What a report shows beside a run's result: what its saved models say about the held-out pictures. */
export interface Evidence {
  readonly classNames: readonly string[];
  readonly models: readonly JudgedModel[];
  /** Model whose mistakes and attention are shown: the distilled student where there is one. */
  readonly student: ModelResult["name"];
  /** What that student is surest of and wrong about, the surest first. */
  readonly mistakes: readonly ShownMistake[];
  /** Held-out pictures, each beside what the student's class tokens look at. */
  readonly attention: readonly ShownPicture[];
}

/** A model and its answers. */
export interface JudgedModel {
  readonly name: ModelResult["name"];
  readonly predictions: Predictions;
}

/** A picture in the page itself. */
export interface ShownPicture {
  /** PNG, as a `data:` address. */
  readonly source: string;
  /** Name of its class. */
  readonly label: string;
}

/** A picture and what it was taken for. */
export interface ShownMistake extends ShownPicture {
  /** `"<class folder>/<file>"`. */
  readonly key: string;
  readonly predicted: string;
  /** In [0, 1]. */
  readonly probability: number;
}
