import { type Check, type Checks, check, LIST, optional, STRING } from "known-options";

/** An accuracy for a card. */
export interface CardAccuracy {
  /** What was measured, such as `"this package, on held-out pictures"`. */
  readonly what: string;
  /** Name of the figure. Default `"accuracy"`. */
  readonly metric?: string;
  /** Share in [0, 1]. */
  readonly value: number;
  /** Its 95% interval. */
  readonly interval?: readonly [low: number, high: number];
  /** Number of pictures. */
  readonly pictures: number;
}

/** What only the one who trained a model knows, for its card. */
export interface CardFacts {
  /** The card's title. */
  readonly name: string;
  /** One sentence or more. */
  readonly summary?: string;
  /** License, by the hub's identifier such as `apache-2.0`. Default: the card says that none was given. */
  readonly license?: string;
  /** Training data, in words. */
  readonly data?: string;
  /** Settings of the training: a name and a value each. */
  readonly recipe?: readonly (readonly [name: string, value: string])[];
  /** Command line that trains the model again. */
  readonly command?: string;
  readonly accuracy?: readonly CardAccuracy[];
  /** Sentences for those who use the model: what it starts from, what was not measured. */
  readonly notes?: readonly string[];
}

const LICENSE: Check = check(
  "an identifier such as apache-2.0",
  (it) => typeof it === "string" && /^[a-z0-9.+-]+$/.test(it),
);

/** Checks of {@link CardFacts}. */
export const CARD_CHECKS: Checks<CardFacts> = {
  name: check("a text of one line", (it) => typeof it === "string" && it !== "" && !/[\r\n]/.test(it)),
  summary: optional(STRING),
  license: optional(LICENSE),
  data: optional(STRING),
  recipe: optional(LIST),
  command: optional(STRING),
  accuracy: optional(LIST),
  notes: optional(LIST),
};
