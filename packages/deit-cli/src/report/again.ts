import { basename, join } from "node:path";
import { shortPath } from "../files/short-path.ts";
import { shellWord } from "../process/shell-word.ts";
import type { ModelResult, RunResult } from "../runs/run-result.ts";
import { bestLog, isByHeldOut } from "../settings/kept-epoch.ts";
import { PRESETS } from "../settings/presets.ts";
import type { Settings } from "../settings/settings.ts";
import { percent } from "../terminal/format.ts";
import { type Figure, figuresOf, points } from "./figures.ts";

/** A command to try next. */
export interface Suggestion {
  readonly command: string;
  /** What in the run speaks for it, in sentences. */
  readonly why: string;
}

type Run = Pick<RunResult, "settings" | "models" | "environment">;

/** An accuracy below its best, or a growth, from which on it is a reason. */
const VISIBLE = 0.01;
/** Fewer epochs have no trend. */
const FEWEST = 4;
const MOST = 3;

/**
 * Commands that a run's own figures speak for, the most telling first, at most three. They begin with the run's settings and say what is
 * known: none promises a better result.
 *
 * @param folder - The run's.
 */
export function suggestions(run: Run, folder: string): Suggestion[] {
  const found = [untaught, overfitted, stillRising, uncertain, answersOnly, weakTeacher, newWeights].flatMap(
    (rule) => rule(run) ?? [],
  );
  const all = found.length > 0 ? found : [varied(run)];
  return all
    .slice(0, MOST)
    .map(({ options, name, why }) => ({ command: commandOf(options, folder, name), why }));
}

/** Options of a command; with a name the run's settings come first. */
interface Rule {
  readonly options: readonly string[];
  /** Added to the run's name. */
  readonly name?: string;
  readonly why: string;
}

function commandOf(options: readonly string[], folder: string, name: string | undefined): string {
  const own =
    name === undefined
      ? []
      : [
          "--config",
          shortPath(join(folder, "settings.json")),
          "--name",
          shellWord(`${basename(folder)}-${name}`),
        ];
  return ["npx pnpm@12 start train", ...own, ...options.map(shellWord)].join(" ");
}

function untaught({ settings: { run } }: Run): Rule | undefined {
  if (run.students !== "alone") return undefined;
  const why =
    "The student learned from the labels only: this trains a teacher too, and the same student taught by it.";
  return { options: ["--students", "both"], name: "taught", why };
}

function overfitted({ settings, models }: Run): Rule | undefined {
  const { name, curve } = lastStudent(settings, models);
  if (isByHeldOut(settings) || curve.length < FEWEST) return undefined;
  const [best, last] = [Math.max(...curve), curve.at(-1)!];
  if (best - last < VISIBLE) return undefined;
  const why = `The ${name} was at ${percent(best)} after epoch ${curve.indexOf(best) + 1} and ended at ${percent(last)}: this keeps the weights of the best epoch. The accuracy on the pictures that choose it is biased upwards.`;
  return { options: ["--keep-best"], name: "best", why };
}

function stillRising({ settings, models }: Run): Rule | undefined {
  const { name, curve } = lastStudent(settings, models);
  const { epochs } = settings.recipe;
  if (curve.length < Math.max(FEWEST, epochs)) return undefined; // its training stopped early
  const quarter = Math.max(1, Math.round(curve.length / 4));
  const rise = mean(curve.slice(-quarter)) - mean(curve.slice(-2 * quarter, -quarter));
  if (rise < VISIBLE || Math.max(...curve) - curve.at(-1)! >= VISIBLE) return undefined;
  const why = `The accuracy of the ${name} still rose, by ${points(rise).slice(1)} points from the third quarter of its epochs to the last: more epochs may help.`;
  return { options: ["--epochs", String(2 * epochs)], name: "longer", why };
}

function uncertain({ settings: { run, data }, ...judged }: Run): Rule | undefined {
  const best = bestTaught(figuresOf(judged));
  if (best?.difference === undefined || best.difference.isClear || data.folds !== undefined) return undefined;
  const { difference, interval } = best.difference;
  const why = `The ${best.name} is ${points(difference)} points from the student alone, which may be chance (95% interval: ${points(interval.low)} to ${points(interval.high)}): three seeds tell more.`;
  return { options: ["--seeds", "3"], name: `${run.seed}-and-more`, why };
}

function answersOnly({ settings: { run, recipe } }: Run): Rule | undefined {
  const isTaught = run.students === "both" || run.students === "distilled";
  if (!isTaught || recipe.hints !== undefined || recipe.alpha === 0 || run.teacher !== undefined)
    return undefined;
  const why =
    "The student was taught the teacher's answers only: this also trains one that is taught its features.";
  return { options: ["--students", "all"], name: "features", why };
}

function weakTeacher({ settings: { run }, ...judged }: Run): Rule | undefined {
  const figures = figuresOf(judged);
  const [teacher, alone] = ["teacher", "student alone"].map((name) =>
    figures.find((one) => one.name === name),
  );
  if (run.teacher !== undefined || !teacher || !alone || teacher.accuracy > alone.accuracy) return undefined;
  const why = `The teacher is at ${percent(teacher.accuracy)}, the student alone at ${percent(alone.accuracy)}: a better teacher may teach more.`;
  return { options: ["--teacher-epochs", String(2 * run.teacherEpochs)], name: "teacher", why };
}

function newWeights({ settings: { model, data } }: Run): Rule | undefined {
  const isNew = model.weights === undefined && model.selectFrom === undefined;
  if (!isNew || data.count !== undefined) return undefined;
  const pictures = data.path === undefined ? ["--download"] : ["--data", data.path];
  const preset =
    "quick" in PRESETS ? ["quick"] : ["finetune", "--weights", "deit_tiny_patch16_224.safetensors"];
  const why = `The student began with new weights. On few photos published ones helped more than any recipe in this project's results.`;
  return { options: [...pictures, "--preset", ...preset], why };
}

function varied({ settings: { run, data } }: Run): Rule {
  if (data.count !== undefined)
    return { options: ["--download"], why: "The same on 3,670 real photos (229 MB)." };
  const why = "Another seed gives other numbers: three seeds show how far they vary.";
  return { options: ["--seeds", "3"], name: `${run.seed}-and-more`, why };
}

/** Accuracy by epoch, on held-out pictures, of the weights that are saved. */
function lastStudent(settings: Settings, models: readonly ModelResult[]) {
  const { name, history } = models.at(-1)!;
  return { name, curve: name === "teacher" ? [] : (history[bestLog(settings).monitor] ?? []) };
}

function bestTaught(figures: readonly Figure[]): Figure | undefined {
  return figures.filter((one) => one.difference !== undefined).sort((a, b) => b.accuracy - a.accuracy)[0];
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
