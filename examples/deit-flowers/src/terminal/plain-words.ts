import type { ModelResult, RunResult } from "../run-result.ts";
import type { Settings } from "../settings.ts";

/** What a run is about. */
export function introduction({ preset }: Pick<Settings, "preset">): string {
  const time = preset === "demo" ? " About two minutes on two cores." : "";
  return `Three trainings: a teacher, a small vision transformer alone, and the same transformer taught by the teacher. Does a
teacher help?${time} Ctrl-C saves and stops, at any time.
`;
}

/** What the run does next and why, for someone who has not read the paper. */
export const CHAPTERS = {
  teacher: `
1 of 3  The teacher. A network that knows these pictures well; a student will learn from its answers.`,
  alone: `
2 of 3  The student alone. A small vision transformer that cuts a picture into patches and learns from the labels only:
        what it reaches without a teacher, to compare with.`,
  distilled: `
3 of 3  The student distilled. The same transformer with one token more, which learns the teacher's answers (DeiT).`,
} as const;

/** The part of a run's result that {@link verdict} reads: teacher, student alone, student distilled. */
interface Judged {
  readonly models: readonly Pick<ModelResult, "valAccuracy">[];
  readonly environment: Pick<RunResult["environment"], "validationImages">;
}

/** What the two students' accuracies say, with the doubt that so many pictures leave. */
export function verdict({ models, environment }: Judged): string {
  const [, alone, distilled] = models.map(({ valAccuracy }) => valAccuracy);
  const pictures = environment.validationImages;
  const points = 100 * (distilled! - alone!);
  const error = (share: number): number => (share * (1 - share)) / pictures;
  const doubt = 100 * Math.sqrt(error(alone!) + error(distilled!));
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
    [`${start} evaluate ${folder}`, "all three models, class by class"],
    last,
  ];
  return `Next, try:\n${lines.map(([command, why]) => `  ${command}\n      ${why}`).join("\n")}`;
}
