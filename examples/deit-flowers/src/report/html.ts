import type { ModelResult, RunResult } from "../run-result.ts";
import { percent, rate } from "../terminal/format.ts";
import { type Curve, escapeHtml, lineChart } from "./line-chart.ts";

const STYLES: Record<string, string> = {
  teacher: "teacher",
  "student alone": "alone",
  "student distilled": "distilled",
};

/** The run as one HTML file that needs no network: table, curves, settings, environment. */
export function htmlReport(result: RunResult): string {
  const { models, settings, environment } = result;
  const shown = models.filter((model) => model.history.loss !== undefined);
  const losses = shown.flatMap((model) => curves(model, "loss", "val_loss"));
  const accuracies = shown.flatMap((model) => curves(model, "accuracy", "val_accuracy"));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Distilling a vision transformer: ${escapeHtml(settings.name)}</title>
<style>${CSS}</style>
</head>
<body>
<main>
<h1>Distilling a vision transformer</h1>
<p>${escapeHtml(result.dataDescription)} The teacher: ${escapeHtml(result.teacherDescription)}. The students: a small vision
transformer trained on the labels alone, and the same transformer distilled, whose second token learns the teacher's answers
(<a href="https://arxiv.org/abs/2012.12877">DeiT</a>).</p>
${resultTable(models)}
<p class="note">Accuracy on ${environment.validationImages} held-out images; images/s forward over the same images, and while
training. Everything was measured in this run.</p>
<section class="charts">
${lineChart({ title: "Accuracy", curves: accuracies, format: (value) => percent(value).replace(/\.0%/, "%"), range: [0, 1] })}
${lineChart({ title: "Loss", curves: losses, format: (value) => value.toFixed(2) })}
</section>
<p class="note">Dashed: training, with augmentation and stochastic depth on, so it may lie below validation. The students' training
losses differ in kind: the distilled one is the mean of the labels' loss and the teacher's.</p>
<h2>Settings</h2>
${definitions({ ...settings })}
<h2>Environment</h2>
${definitions({ ...environment })}
</main>
</body>
</html>
`;
}

function resultTable(models: readonly ModelResult[]): string {
  const rows = models.map(
    (model) =>
      `<tr><th scope="row"><span class="dot ${STYLES[model.name] ?? ""}"></span>${escapeHtml(model.name)}</th>` +
      `<td>${model.params.toLocaleString("en")}</td><td>${percent(model.valAccuracy)}</td>` +
      `<td>${rate(model.imagesPerSecond)}</td><td>${model.trainImagesPerSecond === undefined ? "–" : rate(model.trainImagesPerSecond)}</td></tr>`,
  );
  return `<div class="scroll"><table>
<thead><tr><th scope="col">model</th><th scope="col">parameters</th><th scope="col">validation accuracy</th><th scope="col">images/s</th><th scope="col">training images/s</th></tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table></div>`;
}

function curves(model: ModelResult, training: string, validation: string): Curve[] {
  const style = STYLES[model.name] ?? "";
  const [train, held] = [model.history[training] ?? [], model.history[validation] ?? []];
  return [
    { name: `${model.name}, validation`, values: held, style },
    { name: `${model.name}, training`, values: train, style, dashed: true },
  ].filter((curve) => curve.values.length > 0);
}

function definitions(entries: Readonly<Record<string, unknown>>): string {
  const items = Object.entries(entries)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(String(value))}</dd></div>`);
  return `<dl>${items.join("\n")}</dl>`;
}

const CSS = `
:root { color-scheme: light dark; --text: #1d2430; --muted: #667080; --line: #d9dee6; --page: #fbfbfa; --card: #fff;
  --teacher: #8a6d1d; --alone: #7a8797; --distilled: #c2416b; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ef; --muted: #98a3b3; --line: #333b47; --page: #14171c;
  --card: #1b2027; --teacher: #d9b44a; --alone: #9aa8ba; --distilled: #f0779d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
a { color: inherit; }
.note, .tick, dt { color: var(--muted); font-size: .875rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line); }
th, td { padding: .5rem .75rem; text-align: right; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th:first-child { text-align: left; white-space: nowrap; } tr:last-child > * { border-bottom: 0; }
thead th { font-weight: 600; font-size: .875rem; } tbody th { font-weight: 600; }
.dot { display: inline-block; width: .65em; height: .65em; border-radius: 50%; margin-right: .5em; background: currentColor; }
.dot.teacher { background: var(--teacher); } .dot.alone { background: var(--alone); } .dot.distilled { background: var(--distilled); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 1rem; margin-top: 1.5rem; }
figure { margin: 0; padding: 1rem; background: var(--card); border: 1px solid var(--line); }
figcaption { font-weight: 600; margin-bottom: .5rem; }
figure > svg { width: 100%; height: auto; display: block; }
.grid { stroke: var(--line); } .tick { fill: var(--muted); font-size: 12px; }
.curve { fill: none; stroke: currentColor; stroke-width: 2.25; stroke-linejoin: round; }
.curve.dashed { stroke-dasharray: 4 4; stroke-width: 1.5; opacity: .8; }
.curve.teacher { stroke: var(--teacher); } .curve.alone { stroke: var(--alone); } .curve.distilled { stroke: var(--distilled); }
.legend { list-style: none; margin: .5rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; font-size: .875rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: .25rem 1rem; margin: 0; }
dl > div { border-bottom: 1px solid var(--line); padding: .15rem 0; overflow-wrap: anywhere; }
dd { margin: 0; }
`;
