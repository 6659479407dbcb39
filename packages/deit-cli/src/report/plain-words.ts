import { join } from "node:path";
import type { Recipe } from "distill-trainer";
import { SAMPLES } from "../data/write-samples.ts";
import { shortPath } from "../files/short-path.ts";
import type { RunResult } from "../runs/run-result.ts";
import { nameOf, stagesOf } from "../runs/stages.ts";
import { bestLog, isByHeldOut, keptEpoch } from "../settings/kept-epoch.ts";
import type { DataSettings, RunSettings, Settings } from "../settings/settings.ts";
import { stageSettings } from "../settings/stage-settings.ts";
import type { StageName } from "../stage-name.ts";
import { percent } from "../terminal/format.ts";
import {
  type Figure,
  figuresOf,
  isMultiLabel,
  type Judged,
  type JudgedModel,
  multiLabelHeadline,
  pText,
} from "./figures.ts";

/** First lines of a run. */
export function introduction({ run: { preset, students }, model }: Pick<Settings, "run" | "model">): string {
  const time = preset === "demo" && students === "all" ? " About three minutes." : "";
  const isTuned = students === "alone" && model.weights !== undefined;
  return `${isTuned ? FINE_TUNING : TRAININGS[students]}${time} Ctrl-C saves and stops, at any time.\n`;
}

const FINE_TUNING =
  "One training: a vision transformer with published weights is fine-tuned on the labels, without a teacher.";

const TRAININGS: Readonly<Record<RunSettings["students"], string>> = {
  all: `Four trainings: a teacher, a small vision transformer alone, and the same transformer taught by the teacher's answers, then
by its features. Does a teacher help?`,
  both: `Three trainings: a teacher, a small vision transformer alone, and the same transformer taught by the teacher. Does a
teacher help?`,
  alone: "One training: a small vision transformer that learns from the labels only.",
  distilled: "Two trainings: a teacher, and a small vision transformer taught by it.",
};

/** Headline of a training and its purpose, for readers who do not know the paper. */
export function chapter(stage: StageName, settings: Settings): string {
  const stages = stagesOf(settings.run).map(([name]) => name);
  const { weights } = settings.model;
  const text =
    stage === "student-alone" && weights !== undefined
      ? `The student alone. A vision transformer that starts from the weights of ${weights}\n        and learns from the labels only, without a teacher.`
      : stage === "teacher" || stage === "student-alone"
        ? CHAPTERS[stage]
        : distilledChapter(nameOf(stage), stageSettings(settings, stage).recipe);
  return `\n${stages.indexOf(stage) + 1} of ${stages.length}  ${text}`;
}

function distilledChapter(name: string, recipe: Recipe): string {
  const hints = "features of the teacher's layers";
  if (recipe.alpha === 0) return `The ${name}. The same transformer, whose patches also learn ${hints}.`;
  const token =
    recipe.alpha === 1
      ? `The ${name}. The same transformer, which learns the teacher's predictions only, no labels`
      : `The ${name}. The same transformer with one more token, which learns the teacher's predictions (DeiT)`;
  return recipe.hints === undefined ? `${token}.` : `${token}; its patches\n        also learn ${hints}.`;
}

const CHAPTERS: Readonly<Record<"teacher" | "student-alone", string>> = {
  teacher: "The teacher. A network trained on these pictures; a student will learn from it.",
  "student-alone": `The student alone. A small vision transformer, which cuts a picture into patches and learns from the labels only:
        the baseline, without a teacher.`,
};

/**
 * The students' accuracies, a sentence a line, with Wilson's interval of each, and McNemar's exact test of the pictures that only a
 * distilled one or only the one alone classifies right. With several labels, the student's figures.
 */
export function verdict(judged: Judged): string {
  if (isMultiLabel(judged)) return `${multiLabelHeadline(judged)}.`;
  const [first, ...distilled] = figuresOf(judged).filter(({ name }) => name !== "teacher");
  if (first === undefined) return "";
  const shareOf = (student: Figure) => `The ${student.name} classifies ${share(student)} correctly`;
  return [
    `${shareOf(first)}.`,
    ...distilled.map((student) => `${shareOf(student)}: ${comparison(first, student)}.`),
  ].join("\n");
}

/** Epochs of the student alone, and of the best distilled one until it stays at least as accurate as the other ends. */
interface Worth {
  readonly student: JudgedModel;
  readonly alone: number;
  readonly distilled: number;
}

/** The part of a run's result that {@link worth} reads. */
interface Compared {
  readonly settings: Pick<Settings, "run" | "recipe">;
  readonly models: readonly JudgedModel[];
}

/**
 * Epochs that the teacher saves, from the curves of held-out pictures: those of the weights that are saved, the moving average's where
 * there is one.
 *
 * @returns `undefined` without two curves to compare, where held-out pictures chose the epochs, or where the distilled student does not
 * end above the other, or is not there sooner.
 */
export function epochsSaved({ settings, models }: Compared): Worth | undefined {
  if (isByHeldOut(settings)) return undefined;
  const curveOf = (model: JudgedModel | undefined) => model?.history?.[bestLog(settings).monitor];
  const [alone, ...others] = models.filter(({ name }) => name !== "teacher");
  const [student] = others.sort((a, b) => b.valAccuracy - a.valAccuracy);
  const [before, curve] = [curveOf(alone), curveOf(student)];
  if (alone?.name !== "student alone" || student === undefined || !before?.length || !curve?.length) return;
  const distilled = curve.findLastIndex((accuracy) => accuracy < before.at(-1)!) + 2; // counted from 1
  const isAbove = student.valAccuracy > alone.valAccuracy && distilled <= curve.length;
  return isAbove && distilled < before.length ? { student, alone: before.length, distilled } : undefined;
}

/** What the teacher is worth, in a sentence; empty where it saves no epoch. */
export function worth(compared: Compared): string {
  const saved = epochsSaved(compared);
  if (saved === undefined) return "";
  const { student, alone: epochs, distilled: epoch } = saved;
  const ways =
    student.name === "student distilled" ? "Distilled" : `Taught ${student.name.replace("student ", "")}`;
  return (
    `${ways}, the student is after ${epoch === 1 ? "one epoch" : `${epoch} epochs`} as accurate as alone after ` +
    `${epochs}: the teacher is worth ${epochs - epoch} ${epochs - epoch === 1 ? "epoch" : "epochs"} of ${epochs}.`
  );
}

/**
 * Epochs whose weights the students have, where their best was kept or their training stopped early; empty otherwise. Choosing by
 * held-out pictures makes their accuracy there too high, which the last sentence says.
 */
export function keptEpochs({ settings, models }: Pick<RunResult, "settings" | "models">): string {
  if (!isByHeldOut(settings)) return "";
  const students = models.filter(({ name }) => name !== "teacher");
  const each = students.map(({ name, history }) => {
    const { kept, trained } = keptEpoch(settings, history);
    return `the ${name} has the weights of epoch ${kept} of ${trained} trained (${settings.recipe.epochs} planned)`;
  });
  const sentence = `${each.join("; ")}.`;
  return `${sentence[0]!.toUpperCase()}${sentence.slice(1)} The held-out pictures chose the epoch, so the accuracy on them is biased upwards.`;
}

/** `71.3% of 240 held-out pictures (95% interval: 65.2% to 76.6%)`. */
function share({ accuracy, pictures, interval: { low, high } }: Figure): string {
  return `${percent(accuracy)} of ${pictures} held-out pictures (95% interval: ${percent(low)} to ${percent(high)})`;
}

function comparison(alone: Figure, { difference }: Figure): string {
  if (difference === undefined) return "picture by picture they were not compared";
  const { onlyFirst, onlySecond, p, isClear } = difference;
  if (onlyFirst + onlySecond === 0) return "both classify the same pictures correctly";
  const split = `${onlySecond} only it gets right, ${onlyFirst} only the ${alone.name}`;
  const test = `exact McNemar test, ${pText(p)}`;
  return isClear
    ? `${split}, more than chance would explain (${test})`
    : `${split}, which may be chance (${test})`;
}

/** Three commands to try after a run. */
export function nextCommands(
  folder: string,
  { path, download }: DataSettings,
  test?: { readonly size: number },
): string {
  const start = "npx pnpm@12 start";
  const [run, samples, attention] = [folder, join(folder, SAMPLES), join(folder, "attention")].map(shortPath);
  const isDrawn = path === undefined && !download;
  const last = isDrawn
    ? [`${start} train --download`, "the same on 3,670 real photos (229 MB)"]
    : [`${start} attention photo.jpg --model ${run}`, "its attention over a photo of yours"];
  const lines = [
    [
      `${start} predict ${samples} --model ${run} --attention ${attention}`,
      "its predictions and its attention",
    ],
    [`${start} evaluate ${run}`, "how good each model is, class by class"],
    ...(test
      ? [
          [
            `${start} evaluate ${run} --split test`,
            `the same on the ${test.size} test pictures, which it has not seen`,
          ],
        ]
      : []),
    last,
  ];
  return `Next, try:\n${lines.map(([command, why]) => `  ${command}\n      ${why}`).join("\n")}`;
}
