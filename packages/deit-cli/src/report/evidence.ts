import type { Predictions } from "../judge/predictions.ts";
import type { ModelResult } from "../runs/run-result.ts";

/** Content of a report beside the run's result: predictions of its saved models for the held-out pictures. */
export interface Evidence {
  readonly classNames: readonly string[];
  readonly models: readonly JudgedModel[];
  /** Model whose mistakes and attention are shown: the distilled student where there is one. */
  readonly student: ModelResult["name"];
  /** The student's mistakes with the highest probabilities, in falling order. */
  readonly mistakes: readonly ShownMistake[];
  /** Held-out pictures with the attention of the student's class tokens. */
  readonly attention: readonly ShownPicture[];
}

/** A model and its predictions. */
export interface JudgedModel {
  readonly name: ModelResult["name"];
  readonly predictions: Predictions;
}

/** A picture inside the page. */
export interface ShownPicture {
  /** PNG, as a `data:` URI. */
  readonly source: string;
  /** Name of its class. */
  readonly label: string;
}

/** A misclassified picture. */
export interface ShownMistake extends ShownPicture {
  /** `"<class folder>/<file>"`. */
  readonly key: string;
  readonly predicted: string;
  /** In [0, 1]. */
  readonly probability: number;
}
