import { escapeHtml } from "../../html/escape-html.ts";
import { classFigures, confusionMatrix } from "../../judge/judgement.ts";
import type { MultiLabelFigures } from "../../judge/multi-label.ts";
import { percent } from "../../terminal/format.ts";
import type { Evidence, JudgedModel } from "../evidence.ts";
import { modelMark, shortName } from "./models.ts";

/** A model's confusion matrix as a table: true classes as rows, predicted ones as columns. */
export function confusionTable({ name, predictions }: JudgedModel, classNames: readonly string[]): string {
  const matrix = confusionMatrix(predictions, classNames.length);
  const rows = matrix.map((row, label) => {
    const count = row.reduce((sum, n) => sum + n, 0);
    const cells = row.map((n, predicted) => {
      const share = count === 0 ? 0 : n / count;
      const kind = label === predicted ? "right" : "wrong";
      return `<td class="cell ${kind}" style="--share:${share.toFixed(3)}">${n}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(classNames[label]!)}</th>${cells.join("")}</tr>`;
  });
  const heads = classNames.map((one) => `<th scope="col"><span>${escapeHtml(one)}</span></th>`);
  return `<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix: ${escapeHtml(name)}"><table class="confusion">
<caption>${modelMark(name)}${escapeHtml(name)}</caption>
<thead><tr><td></td>${heads.join("")}</tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table></div>`;
}

/** Recall and precision of every model, class by class. */
export function perClassTable({ models, classNames }: Evidence): string {
  const figures = models.map(({ predictions }) =>
    classFigures(confusionMatrix(predictions, classNames.length)),
  );
  const show = (share: number): string => (Number.isNaN(share) ? "–" : percent(share));
  const rows = classNames.map((name, label) => {
    const cells = figures.map(
      (one) => `<td>${show(one[label]!.recall)}</td><td>${show(one[label]!.precision)}</td>`,
    );
    return `<tr><th scope="row">${escapeHtml(name)}</th><td>${figures[0]![label]!.count}</td>${cells.join("")}</tr>`;
  });
  const groups = models.map(
    ({ name }) => `<th scope="colgroup" colspan="2">${modelMark(name)}${escapeHtml(shortName(name))}</th>`,
  );
  const heads = models.map(() => `<th scope="col">recall</th><th scope="col">precision</th>`);
  return `<div class="scroll" tabindex="0" role="region" aria-label="Recall and precision by class"><table>
<thead><tr class="groups"><th scope="col" rowspan="2">class</th><th scope="col" rowspan="2">pictures</th>${groups.join("")}</tr><tr>${heads.join("")}</tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table></div>`;
}

/** Average precision, recall and precision of pictures with several labels, class by class. */
export function multiLabelClassTable({ classes }: MultiLabelFigures, classNames: readonly string[]): string {
  const rows = classes.map(({ count, averagePrecision, recall, precision }, label) => {
    const shares = [averagePrecision, recall].map((share) => (count === 0 ? "–" : percent(share)));
    const cells = [count.toLocaleString("en"), ...shares, percent(precision)];
    return `<tr><th scope="row">${escapeHtml(classNames[label]!)}</th>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  const heads = ["class", "positives", "average precision", "recall", "precision"];
  return `<div class="scroll" tabindex="0" role="region" aria-label="Figures by class"><table>
<thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table></div>`;
}
