import { mark, type Shape } from "../../chart/marks.ts";
import type { ModelResult } from "../../runs/run-result.ts";

type Name = ModelResult["name"];

/** CSS class with a model's color. */
export const MODEL_STYLE: Readonly<Record<Name, string>> = {
  teacher: "teacher",
  "student alone": "alone",
  "student distilled": "distilled",
  "student by answers": "answers",
  "student by features": "distilled",
};

/** A model's mark in charts and tables; a teacher is a line. */
export const MODEL_SHAPE: Readonly<Partial<Record<Name, Shape>>> = {
  "student alone": "circle",
  "student by answers": "square",
  "student distilled": "triangle",
  "student by features": "triangle",
};

/** A model's name where all others are students. */
export function shortName(name: Name): string {
  return name.replace("student ", "");
}

/** A model's mark as a picture in a line of text. */
export function modelMark(name: Name): string {
  const [style, shape] = [MODEL_STYLE[name], MODEL_SHAPE[name]];
  const drawn =
    shape === undefined
      ? `<line class="curve dashed ${style}" x1="0" x2="12" y1="6" y2="6"/>`
      : mark(shape, style, [6, 6]);
  return `<svg class="model" viewBox="0 0 12 12" aria-hidden="true">${drawn}</svg>`;
}
