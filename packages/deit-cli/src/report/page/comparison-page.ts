import { CHART_STYLE } from "../../chart/chart-style.ts";
import { type IntervalRow, intervalChart } from "../../chart/interval-chart.ts";
import type { Mark } from "../../files/own-output.ts";
import { escapeHtml } from "../../html/escape-html.ts";
import { page } from "../../html/page.ts";
import type { Comparison, Difference } from "../../judge/compare-arms.ts";
import type { Interval } from "../../judge/significance.ts";
import { percent } from "../../terminal/format.ts";
import { method } from "../comparison-text.ts";
import { points, pText } from "../figures.ts";
import { MODEL_STYLE } from "./models.ts";

/** Mark of such a page, so that it may be replaced. */
export const COMPARISON: Mark = "deit-cli comparison";

/** Accuracies of one run of a series. */
interface RunRow {
  readonly name: string;
  /** By model. */
  readonly accuracies: Readonly<Record<string, number>>;
}

/** Content of {@link comparisonPage}. */
export interface ComparisonPage {
  /** What is compared: the names of its runs. */
  readonly name: string;
  readonly comparison: Comparison;
  readonly isByFolds: boolean;
  /** Runs of a series. Default: none. */
  readonly runs?: readonly RunRow[];
}

/** A comparison of models, over seeds where there are several, as one self-contained HTML file, without scripts. */
export function comparisonPage({ name, comparison, isByFolds, runs = [] }: ComparisonPage): string {
  const { arms, differences } = comparison;
  const title = comparisonHeadline(differences);
  const cards = arms.map(
    ({ arm, accuracy, interval, seeds, pictures }) =>
      `<li class="${styleOf(arm)}"><p class="name">${escapeHtml(arm)}</p>
<p class="number">${percent(accuracy).slice(0, -1)}<small>%</small></p>
<p class="note">${percent(interval.low).slice(0, -1)} to ${percent(interval.high)}<br>${seeds} ${seeds === 1 ? "seed" : "seeds"}, ${pictures.toLocaleString("en")} pictures</p></li>`,
  );
  const body = `<header>
<p class="note">${escapeHtml(name)}</p>
<h1>${escapeHtml(title)}</h1>
<ul class="figures">${cards.join("\n")}</ul>
<p class="note">${escapeHtml(method(comparison, isByFolds))}</p>
</header>
${differences.length > 0 ? differencesSection(differences) : ""}
${runs.length > 0 ? runsSection(runs) : ""}`;
  return page({ title: `${title} · ${name}`, body, style: CHART_STYLE, generator: COMPARISON });
}

/** The largest difference whose intervals leave out 0, in a few words: from the student alone, if there is such a one. */
export function comparisonHeadline(differences: readonly Difference[]): string {
  if (differences.length === 0) return "A model and its accuracy";
  const all = differences.filter(isClear);
  const fromAlone = all.filter(({ first }) => first.endsWith("student alone"));
  const shown = fromAlone.length > 0 ? fromAlone : all;
  const [clear] = shown.sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
  if (clear === undefined) return "No clear difference between the models";
  const [better, other] = clear.difference > 0 ? [clear.second, clear.first] : [clear.first, clear.second];
  return `${points(Math.abs(clear.difference))} points: ${better} over ${other}`;
}

/** Whether chance does not explain a difference: by pictures, and by the seeds alone where there are several. */
function isClear({ interval, bySeeds = interval }: Difference): boolean {
  const leavesOutZero = ({ low, high }: Interval): boolean => low > 0 || high < 0;
  return leavesOutZero(interval) && leavesOutZero(bySeeds);
}

function differencesSection(differences: readonly Difference[]): string {
  const rows = differences.map((one): IntervalRow => {
    const { difference: value, interval } = one;
    return { name: nameOf(one), value, ...interval, style: isClear(one) ? styleOf(one.second) : "none" };
  });
  const chart = intervalChart({ title: "Differences in points", rows, format: points, id: "differences" });
  const lines = differences.map((one) => {
    const { interval, bySeeds, mcnemar } = one;
    const beside = bySeeds ? ends(bySeeds) : mcnemar === undefined ? "–" : escapeHtml(pText(mcnemar));
    return `<tr><th scope="row">${escapeHtml(nameOf(one))}</th><td>${points(one.difference)}</td><td>${ends(interval)}</td><td>${beside}</td></tr>`;
  });
  const kind = differences.some(({ bySeeds }) => bySeeds !== undefined) ? "by seeds alone" : "McNemar";
  return `<section>
<h2>Differences</h2>
<figure class="intervals">${chart}</figure>
<p class="note">Points of accuracy, with 95% intervals. Gray: 0 is within an interval, so it may be chance.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Differences"><table>
<thead><tr><th scope="col">difference</th><th scope="col">points</th><th scope="col">95% interval</th><th scope="col">${kind}</th></tr></thead>
<tbody>${lines.join("\n")}</tbody>
</table></div>
</section>`;
}

function runsSection(runs: readonly RunRow[]): string {
  const models = Object.keys(runs[0]!.accuracies);
  const heads = models.map((model) => `<th scope="col">${escapeHtml(model)}</th>`);
  const rows = runs.map(({ name, accuracies }) => {
    const cells = models.map((model) => `<td>${percent(accuracies[model]!)}</td>`);
    return `<tr><th scope="row"><a href="${escapeHtml(encodeURIComponent(name))}/report.html">${escapeHtml(name)}</a></th>${cells.join("")}</tr>`;
  });
  return `<section>
<h2>Runs</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Accuracy of each run"><table>
<thead><tr><th scope="col">run</th>${heads.join("")}</tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table></div>
</section>`;
}

const nameOf = ({ first, second }: Difference): string => `${second} − ${first}`;
const ends = ({ low, high }: Interval): string => `${points(low)} to ${points(high)}`;

/** Color of an arm: that of the model that its name ends with. */
function styleOf(arm: string): string {
  const [, style] = Object.entries(MODEL_STYLE).find(([model]) => arm.endsWith(model)) ?? [];
  return style ?? "none";
}
