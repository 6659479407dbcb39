import { escapeHtml } from "../../html/escape-html.ts";
import { shownFigures } from "../../judge/shown-figures.ts";
import type { ModelResult } from "../../runs/run-result.ts";
import { percent } from "../../terminal/format.ts";
import { type Figure, points, pText } from "../figures.ts";
import { MODEL_STYLE, modelMark } from "./models.ts";

/** The models' accuracies in large numerals, and the students' differences from the student alone. */
export function figureCards(figures: readonly Figure[]): string {
  return `<ul class="figures">${figures.map(card).join("\n")}</ul>`;
}

/** The figures of a model of several labels in large numerals, its mAP first. */
export function multiLabelCards(model: ModelResult): string {
  const cards = shownFigures(model).map(
    ({ name, value }) =>
      `<li class="${MODEL_STYLE[model.name]}"><p class="name">${name}</p><p class="number">${percent(value).slice(0, -1)}<small>%</small></p></li>`,
  );
  return `<ul class="figures">${cards.join("\n")}</ul>`;
}

function card(figure: Figure): string {
  const { name, accuracy, interval } = figure;
  const number = percent(accuracy).slice(0, -1);
  return `<li class="${MODEL_STYLE[name]}"><p class="name">${modelMark(name)}${escapeHtml(name)}</p>
<p class="number">${number}<small>%</small></p>
<p class="note">${percent(interval.low).slice(0, -1)} to ${percent(interval.high)}</p>${differenceOf(figure)}</li>`;
}

function differenceOf({ difference: one }: Figure): string {
  if (one === undefined) return "";
  const { difference, interval, onlyFirst, onlySecond, p, isClear } = one;
  const ends = `${points(interval.low)} to ${points(interval.high)}`;
  const judged = isClear ? "more than chance" : "may be chance";
  return `
<p class="difference">${points(difference)} points <span class="note">(${ends})</span></p>
<p class="note">${onlySecond} right only here, ${onlyFirst} only alone: ${judged}, ${escapeHtml(pText(p)).replaceAll(" ", "&nbsp;")}</p>`;
}
