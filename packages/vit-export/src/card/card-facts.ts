import { type Check, type Checks, COUNT, check, FRACTION, OBJECT, optional, STRING } from "known-options";

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
const listOf = (expected: string, fits: (one: unknown) => boolean): Check =>
  check(expected, (it) => Array.isArray(it) && it.every(fits));
const isPair = (it: unknown): boolean => Array.isArray(it) && it.length === 2 && it.every(STRING.fits);
const isAccuracy = (it: unknown): boolean => {
  if (!OBJECT.fits(it)) return false;
  const { what, metric, value, interval, pictures } = it as Partial<Record<keyof CardAccuracy, unknown>>;
  const isInterval = Array.isArray(interval) && interval.length === 2 && interval.every(FRACTION.fits);
  return (
    [STRING.fits(what), optional(STRING).fits(metric), FRACTION.fits(value), COUNT.fits(pictures)].every(
      Boolean,
    ) &&
    (interval === undefined || isInterval)
  );
};

/** Checks of {@link CardFacts}. */
export const CARD_CHECKS: Checks<CardFacts> = {
  name: check("a text of one line", (it) => typeof it === "string" && it !== "" && !/[\r\n]/.test(it)),
  summary: optional(STRING),
  license: optional(LICENSE),
  data: optional(STRING),
  recipe: optional(listOf("a list of [name, value], two texts each", isPair)),
  command: optional(STRING),
  accuracy: optional(
    listOf("a list of { what, metric, value, interval, pictures }, shares in [0, 1]", isAccuracy),
  ),
  notes: optional(listOf("a list of texts", STRING.fits)),
};
