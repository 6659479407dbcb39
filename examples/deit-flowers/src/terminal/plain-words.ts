import { type StageName, stagesOf } from "../files/stages.ts";
import type { ModelResult, RunResult } from "../run-result.ts";
import type { Settings } from "../settings.ts";
import { percent } from "./format.ts";

/** What a run is about. */
export function introduction({ preset, students }: Pick<Settings, "preset" | "students">): string {
  const time = preset === "demo" && students === "both" ? " About two minutes on two cores." : "";
  return `${TRAININGS[students]}${time} Ctrl-C saves and stops, at any time.\n`;
}

const TRAININGS: Readonly<Record<Settings["students"], string>> = {
  both: `Three trainings: a teacher, a small vision transformer alone, and the same transformer taught by the teacher. Does a
teacher help?`,
  alone: "One training: a small vision transformer that learns from the labels only.",
  distilled: "Two trainings: a teacher, and a small vision transformer taught by it.",
};

/** What the run does next and why, for someone who has not read the paper. */
export function chapter(stage: StageName, settings: Pick<Settings, "students">): string {
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

/** The part of a run's result that {@link verdict} reads. */
interface Judged {
  readonly models: readonly Pick<ModelResult, "name" | "valAccuracy">[];
  readonly environment: Pick<RunResult["environment"], "validationImages">;
}

/** What the students' accuracies say, with the doubt that so many pictures leave. */
export function verdict({ models, environment }: Judged): string {
  const pictures = environment.validationImages;
  const variance = (share: number): number => (share * (1 - share)) / pictures;
  const students = models.filter(({ name }) => name !== "teacher");
  const [alone, distilled] = students.map(({ valAccuracy }) => valAccuracy);
  if (distilled === undefined) {
    const doubt = 100 * Math.sqrt(variance(alone!));
    return `The ${students[0]!.name} is right about ${percent(alone!)} of ${pictures} held-out pictures (standard error ${doubt.toFixed(1)}).`;
  }
  const points = 100 * (distilled - alone!);
  const doubt = 100 * Math.sqrt(variance(alone!) + variance(distilled));
  const isSame = Math.abs(points) < 0.05;
  const difference = isSame
    ? "as often right as the student alone"
    : `${Math.abs(points).toFixed(1)} points ${points < 0 ? "below" : "above"} the student alone`;
  const meaning =
    Math.abs(points) < 2 * doubt
      ? `${pictures} held-out pictures cannot tell such a difference from chance (standard error ${doubt.toFixed(1)})`
      : `more than chance: one standard error on ${pictures} held-out pictures is ${doubt.toFixed(1)}`;
  return `The distilled student is ${difference}; ${meaning}.`;
}

/** Three commands that go on from a run. */
export function nextCommands(folder: string, settings: Pick<Settings, "data" | "download">): string {
  const start = "npx pnpm@12 start";
  const isDrawn = settings.data === undefined && !settings.download;
  const last = isDrawn
    ? [`${start} train --download`, "the same on 3,670 real photos (229 MB)"]
    : [`${start} attention photo.jpg --model ${folder}`, "what it looks at in a photo of yours"];
  const lines = [
    [
      `${start} predict ${folder}/samples --model ${folder} --attention ${folder}/attention`,
      "what it sees, and where it looks",
    ],
    [`${start} evaluate ${folder}`, "its models, class by class"],
    last,
  ];
  return `Next, try:\n${lines.map(([command, why]) => `  ${command}\n      ${why}`).join("\n")}`;
}
