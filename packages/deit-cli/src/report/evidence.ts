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
  /** A held-out picture of each class with the attention of the student's class token. */
  readonly attention: readonly ShownAttention[];
  /** The run's folder, for commands. */
  readonly folder: string;
}

/** A model and its predictions. */
export interface JudgedModel {
  readonly name: ModelResult["name"];
  readonly predictions: Predictions;
}

/** A picture inside the page. */
interface ShownPicture {
  /** A picture file, as a `data:` URI. */
  readonly source: string;
  /** Name of its class. */
  readonly label: string;
}

/** What a model says of a picture. */
interface ShownAnswer {
  readonly name: ModelResult["name"];
  readonly predicted: string;
  /** In [0, 1]. */
  readonly probability: number;
}

/** A misclassified picture. */
export interface ShownMistake extends ShownPicture {
  /** `"<class folder>/<file>"`. */
  readonly key: string;
  /** Answers of all models that were shown the picture, in their order. */
  readonly answers: readonly ShownAnswer[];
}

/** A picture's heat map, and the numbers at the ends of its color bar: `0.4×`, `3.1×`. */
export interface ShownMap {
  readonly source: string;
  readonly ends: readonly [string, string];
}

/** A picture with its attention. */
export interface ShownAttention extends ShownPicture {
  readonly shares: ShownMap;
  /** Difference of the distillation token from the class token, where the two look at different patches. */
  readonly difference?: ShownMap;
}
