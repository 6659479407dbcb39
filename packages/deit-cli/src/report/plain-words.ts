import { join } from "node:path";
import { SAMPLES } from "../data/write-samples.ts";
import { shortPath } from "../files/short-path.ts";
import { mcnemar, wilson } from "../judge/significance.ts";
import type { ModelResult, RunResult } from "../runs/run-result.ts";
import { type StageName, stagesOf } from "../runs/stages.ts";
import type { DataSettings, RunSettings } from "../settings/settings.ts";
import { percent } from "../terminal/format.ts";

/** What a run is about. */
export function introduction({ preset, students }: Pick<RunSettings, "preset" | "students">): string {
  const time = preset === "demo" && students === "both" ? " About two minutes on two cores." : "";
  return `${TRAININGS[students]}${time} Ctrl-C saves and stops, at any time.\n`;
}

const TRAININGS: Readonly<Record<RunSettings["students"], string>> = {
  both: `Three trainings: a teacher, a small vision transformer alone, and the same transformer taught by the teacher. Does a
teacher help?`,
  alone: "One training: a small vision transformer that learns from the labels only.",
  distilled: "Two trainings: a teacher, and a small vision transformer taught by it.",
};

/** What the run does next and why, for someone who has not read the paper. */
export function chapter(stage: StageName, settings: Pick<RunSettings, "students">): string {
  const stages = stagesOf(settings).map(([name]) => name);
  return `\n${stages.indexOf(stage) + 1} of ${stages.length}  ${CHAPTERS[stage]}`;
}

const CHAPTERS: Readonly<Record<StageName, string>> = {
  teacher: "The teacher. A network that knows these pictures well; a student will learn from its answers.",
  "student-alone": `The student alone. A small vision transformer that cuts a picture into patches and learns from the labels only:
        what it reaches without a teacher, to compare with.`,
  "student-distilled":
    "The student distilled. The same transformer with one token more, which learns the teacher's answers (DeiT).",
};

/** What a difference between two models on the same pictures must not reach to count as chance. */
const CHANCE = 0.05;

type JudgedModel = Pick<ModelResult, "name" | "valAccuracy" | "right">;

/** The part of a run's result that {@link verdict} reads. */
interface Judged {
  readonly models: readonly JudgedModel[];
  readonly environment: Pick<RunResult["environment"], "validationImages">;
}

/**
 * What the students' accuracies say, with the doubt that the number of pictures leaves: Wilson's interval of each, and McNemar's
 * exact test of the pictures about which only one of them is right.
 */
export function verdict({ models, environment }: Judged): string {
  const students = models.filter(({ name }) => name !== "teacher");
  const [first, second] = students;
  if (first === undefined) return "";
  const shares = students.map((student) => share(student, environment.validationImages));
  if (second === undefined) return `The ${first.name} is right about ${shares[0]}.`;
  const both = `The student alone is right about ${shares[0]}, the distilled one about ${shares[1]}`;
  return `${both}: ${comparison(first, second)}.`;
}

/** `71.3% of 240 held-out pictures (95% interval: 65.2% to 76.6%)`. */
function share({ valAccuracy, right }: JudgedModel, heldOut: number): string {
  const trials = right?.length ?? heldOut; // pictures that were skipped are not judged
  const { low, high } = wilson(Math.round(valAccuracy * trials), trials);
  return `${percent(valAccuracy)} of ${trials} held-out pictures (95% interval: ${percent(low)} to ${percent(high)})`;
}

function comparison(alone: JudgedModel, distilled: JudgedModel): string {
  if (alone.right === undefined || alone.right.length !== distilled.right?.length)
    return "picture by picture they were not compared";
  const onlyAlone = alone.right.filter((right, i) => right && !distilled.right![i]).length;
  const onlyDistilled = distilled.right.filter((right, i) => right && !alone.right![i]).length;
  if (onlyAlone + onlyDistilled === 0) return "both are right about the same pictures";
  const p = mcnemar(onlyAlone, onlyDistilled);
  const split = `${onlyDistilled} only the distilled one gets right, ${onlyAlone} only the other`;
  const test = `exact McNemar test, p ${p < 0.001 ? "< 0.001" : `= ${p.toFixed(3)}`}`;
  return p < CHANCE
    ? `${split}, more than chance would give (${test})`
    : `${split}, which may be chance (${test})`;
}

/** Three commands that go on from a run. */
export function nextCommands(folder: string, { path, download }: DataSettings): string {
  const start = "npx pnpm@12 start";
  const [run, samples, attention] = [folder, join(folder, SAMPLES), join(folder, "attention")].map(shortPath);
  const isDrawn = path === undefined && !download;
  const last = isDrawn
    ? [`${start} train --download`, "the same on 3,670 real photos (229 MB)"]
    : [`${start} attention photo.jpg --model ${run}`, "what it looks at in a photo of yours"];
  const lines = [
    [
      `${start} predict ${samples} --model ${run} --attention ${attention}`,
      "what it sees, and where it looks",
    ],
    [`${start} evaluate ${run}`, "its models, class by class"],
    last,
  ];
  return `Next, try:\n${lines.map(([command, why]) => `  ${command}\n      ${why}`).join("\n")}`;
}
