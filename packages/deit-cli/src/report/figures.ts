import { type PairedDifference, pairedDifference } from "../judge/paired-difference.ts";
import { shownFigures } from "../judge/shown-figures.ts";
import { type Interval, mcnemar, wilson } from "../judge/significance.ts";
import type { ModelResult, RunResult } from "../runs/run-result.ts";
import { percent } from "../terminal/format.ts";

/** p below which a difference between two models on the same pictures does not count as chance. */
const CHANCE = 0.05;

/** The part of a model's result that judges it. */
export type JudgedModel = Pick<ModelResult, "name" | "valAccuracy" | "multiLabel" | "right"> &
  Partial<Pick<ModelResult, "history">>;

/** The part of a run's result that is judged. */
export interface Judged {
  readonly models: readonly JudgedModel[];
  readonly environment: Pick<RunResult["environment"], "validationImages">;
}

/** A model's accuracy on the held-out pictures. */
export interface Figure {
  readonly name: ModelResult["name"];
  readonly accuracy: number;
  /** Wilson's, 95%. */
  readonly interval: Interval;
  /** Number of the pictures. */
  readonly pictures: number;
  /** From the student alone; of a student with a teacher, where both were judged picture by picture. */
  readonly difference?: PairedDifference & {
    /** The p-value of McNemar's exact test. */
    readonly p: number;
    /** Whether p is below {@link CHANCE}. */
    readonly isClear: boolean;
  };
}

/** Accuracies of a run's models in their order, and differences from the student alone. */
export function figuresOf({ models, environment }: Judged): Figure[] {
  const alone = models.find(({ name }) => name === "student alone");
  return models.map((model): Figure => {
    const { name, valAccuracy: accuracy, right } = model;
    const pictures = right?.length ?? environment.validationImages; // pictures that were skipped are not judged
    const figure = { name, accuracy, pictures, interval: wilson(Math.round(accuracy * pictures), pictures) };
    const isCompared = name !== "teacher" && model !== alone && right !== undefined;
    if (!isCompared || alone?.right?.length !== right.length) return figure;
    const difference = pairedDifference(alone.right, right);
    const p = mcnemar(difference.onlyFirst, difference.onlySecond);
    return { ...figure, difference: { ...difference, p, isClear: p < CHANCE } };
  });
}

/** A run's result in a few words. */
export function headline(figures: readonly Figure[]): string {
  const students = figures.filter(({ name }) => name !== "teacher");
  const alone = students.find(({ name }) => name === "student alone");
  const [best] = students.filter((one) => one !== alone).sort((a, b) => b.accuracy - a.accuracy);
  const only = best ?? alone;
  if (only === undefined) return "A teacher";
  if (best === undefined || alone === undefined)
    return `The student classifies ${percent(only.accuracy)} of ${only.pictures.toLocaleString("en")} held-out pictures right`;
  const [taught, before] = [percent(best.accuracy), percent(alone.accuracy)];
  if (best.difference?.isClear !== true)
    return `No clear difference: ${taught} with the teacher, ${before} alone`;
  const verb = best.difference.difference > 0 ? "helped" : "did harm";
  return `${HELP[best.name] ?? "The teacher"} ${verb}: ${taught} instead of ${before}`;
}

/** Whether the pictures may have several labels. */
export function isMultiLabel({ models }: Pick<Judged, "models">): boolean {
  return models.at(-1)?.multiLabel !== undefined;
}

/** The result of a run on pictures with several labels in a few words. */
export function multiLabelHeadline({ models, environment }: Judged): string {
  const student = models.at(-1)!;
  const pictures = student.right?.length ?? environment.validationImages;
  const [{ name, value }] = shownFigures(student);
  return `The student reaches ${percent(value)} ${name} on ${pictures.toLocaleString("en")} held-out pictures`;
}

const HELP: Partial<Record<ModelResult["name"], string>> = {
  "student by answers": "The teacher’s answers",
  "student by features": "The teacher’s features",
};

/** Points of a difference with their sign: `+12.2`, `−0.3`, `0.0`. */
export function points(share: number): string {
  const shown = Math.abs(100 * share).toFixed(1);
  return shown === "0.0" ? shown : `${share < 0 ? "−" : "+"}${shown}`;
}

/** `p < 0.001` or `p = 0.123`. */
export function pText(p: number): string {
  return `p ${p < 0.001 ? "< 0.001" : `= ${p.toFixed(3)}`}`;
}
