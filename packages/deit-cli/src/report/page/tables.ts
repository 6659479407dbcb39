import { escapeHtml } from "../../html/escape-html.ts";
import { leavesOf } from "../../options/edits.ts";
import type { ModelResult, RunResult } from "../../runs/run-result.ts";
import { percent, rate } from "../../terminal/format.ts";
import type { Figure } from "../figures.ts";
import { modelMark, shortName } from "./models.ts";

/**
 * Accuracy, size and speed of the models.
 *
 * @param figures - Their accuracies. Default: size and speed alone.
 */
export function modelTable(figures: readonly Figure[] | undefined, models: readonly ModelResult[]): string {
  const rows = models.map((model, i) => {
    const interval = figures?.[i]?.interval;
    return (
      `<tr><th scope="row">${modelMark(model.name)}${escapeHtml(shortName(model.name))}</th>` +
      (interval
        ? `<td>${percent(model.valAccuracy)}</td><td>${percent(interval.low).slice(0, -1)} to ${percent(interval.high)}</td>`
        : "") +
      `<td>${model.params.toLocaleString("en")}</td>` +
      `<td>${rate(model.imagesPerSecond)}</td><td>${optional(model.trainImagesPerSecond, rate)}</td>` +
      `<td>${optional(model.waitingShare, percent)}</td></tr>`
    );
  });
  return `<div class="scroll" tabindex="0" role="region" aria-label="${figures ? "Accuracy and speed" : "Speed"}"><table>
<thead><tr class="groups"><th scope="col" rowspan="2">model</th>${figures ? '<th scope="colgroup" colspan="2">accuracy</th>' : ""}<th scope="col" rowspan="2">parameters</th><th scope="colgroup" colspan="2">images/s</th><th scope="col" rowspan="2">waiting for data</th></tr>
<tr>${figures ? '<th scope="col">share</th><th scope="col">95% interval</th>' : ""}<th scope="col">prediction</th><th scope="col">training</th></tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table></div>`;
}

function optional(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? "–" : format(value);
}

/** The run's settings, group by group, and its environment, folded. */
export function settingsLists({ settings, environment }: RunResult): string {
  const groups = Object.entries(settings).map(
    ([group, values]) => `<h3>${group}</h3>\n${definitions(leavesOf(values))}`,
  );
  return `<details><summary>Settings</summary>${groups.join("\n")}</details>
<details><summary>Environment</summary>${definitions({ ...environment })}</details>`;
}

function definitions(entries: Readonly<Record<string, unknown>>): string {
  const items = Object.entries(entries)
    .filter(([, value]) => value !== undefined && JSON.stringify(value) !== "{}")
    .map(
      ([name, value]) =>
        `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml([value].flat().join(", "))}</dd></div>`,
    );
  return `<dl>${items.join("\n")}</dl>`;
}
