import { barOf } from "../../attention/color-bar.ts";
import { differenceScale, shareScale } from "../../attention/scales.ts";
import { escapeHtml } from "../../html/escape-html.ts";
import type { RunResult } from "../../runs/run-result.ts";
import { hasToken } from "../../settings/has-token.ts";

/** Sentences on the teacher and the students. */
export function trainings({ models, teacherDescription, settings: { recipe } }: RunResult): string {
  const alone = "a small vision transformer trained on the labels alone";
  const token = `whose second token learns the teacher's answers
(<a href="https://arxiv.org/abs/2012.12877">DeiT</a>)`;
  const matched = `which learns the teacher's answers and no labels
(<a href="https://arxiv.org/abs/2106.05237">function matching</a>)`;
  const hints = `whose patches learn features of the teacher's layers
(<a href="https://arxiv.org/abs/2207.10026">locality guidance</a>)`;
  const isTwice = models.some(({ name }) => name === "student by answers");
  const ways = [
    ...(recipe.alpha === 1 ? [matched] : isTwice || hasToken(recipe) ? [token] : []),
    ...(isTwice || recipe.hints !== undefined ? [hints] : []),
  ];
  const distilled = isTwice
    ? `distilled in two ways: ${ways.join(", or ")}`
    : `distilled, ${ways.join(" and ")}`;
  if (teacherDescription === undefined) return `The student: ${alone}.`;
  const students = models.some(({ name }) => name === "student alone")
    ? `The students: ${alone}, and the same transformer ${distilled}`
    : `The student: a small vision transformer, ${distilled}`;
  return `The teacher: ${escapeHtml(teacherDescription)}. ${students}.`;
}

const STOPS = 9;
const MAPS = { shares: shareScale, difference: differenceScale } as const;

/** A color bar in a line of text. */
export function colorBar(kind: keyof typeof MAPS): string {
  const scale = MAPS[kind]({ values: [1], rows: 1, columns: 1 });
  const { data } = barOf(scale, STOPS);
  const stops = Array.from({ length: STOPS }, (_, i) => `rgb(${data.slice(3 * i, 3 * i + 3).join()})`);
  const [low, high] = kind === "shares" ? ["smallest", "largest"] : ["less", "more"];
  return `<span class="bar">${low} <i style="background:linear-gradient(to right,${stops.join()})"></i> ${high}</span>`;
}
