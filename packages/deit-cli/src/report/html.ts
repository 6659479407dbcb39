import { escapeHtml } from "../html/escape-html.ts";
import { PAGE_STYLE } from "../html/page-style.ts";
import { leavesOf } from "../options/edits.ts";
import type { ModelResult, RunResult } from "../runs/run-result.ts";
import { stagesOf } from "../runs/stages.ts";
import { hasToken } from "../settings/has-token.ts";
import { isByHeldOut } from "../settings/kept-epoch.ts";
import { stageSettings } from "../settings/stage-settings.ts";
import { percent, rate } from "../terminal/format.ts";
import { confusionTable, perClassTable } from "./confusion.ts";
import { curveCharts, MODEL_STYLE } from "./curves.ts";
import type { Evidence } from "./evidence.ts";
import { attentionGallery, mistakeGallery } from "./galleries.ts";
import { keptEpochs, verdict, worth } from "./plain-words.ts";

/** The run's report as one self-contained HTML file. */
export function htmlReport(result: RunResult, evidence: Evidence): string {
  const { models, settings, environment } = result;
  const [headline, ...rest] = [worth(result), verdict(result)].filter((text) => text !== "");
  const isDistilled = evidence.student !== "student alone";
  const hasSecond =
    isDistilled && hasToken(stageSettings(settings, stagesOf(settings.run).at(-1)![0]).recipe);
  const title = isDistilled ? "Distilling a vision transformer" : "Training a vision transformer";
  const differentLosses = isDistilled
    ? `
A distilled student's training loss also contains the distillation loss: it does not compare with the other student's.`
    : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: ${escapeHtml(settings.run.name)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${escapeHtml(result.dataDescription)} ${trainings(result)}</p>
${resultTable(models)}
<p class="note">Accuracy on ${environment.validationImages} held-out images; images/s of a forward pass over them; images/s of
training, and the share of that time spent waiting for data. All figures were measured in this run.</p>
<p><strong>${escapeHtml(headline ?? "")}</strong></p>
${rest.map((text) => `<p>${escapeHtml(text)}</p>`).join("\n")}
${isByHeldOut(settings) ? `<p>${escapeHtml(keptEpochs(result))}</p>` : ""}
<h2>Curves</h2>
${curveCharts(result)}
<p class="note">Dashed: training accuracy and loss, with augmentation and stochastic depth on; the accuracy may lie below validation's.${differentLosses}${partOfHeldOut(result)}</p>
<h2>Confusion matrices</h2>
<p class="note">Rows: true classes of the held-out pictures. Columns: predicted classes.</p>
<div class="confusions">
${evidence.models.map((model) => confusionTable(model, evidence.classNames)).join("\n")}
</div>
<h2>Class by class</h2>
<p class="note">Recall: share of the class's pictures that are predicted as it. Precision: share of the pictures predicted as the class that
belong to it.</p>
${perClassTable(evidence)}
<h2>Worst mistakes: ${evidence.student}</h2>
${mistakeGallery(evidence.mistakes)}
<h2>Attention: ${evidence.student}</h2>
<p class="note">Held-out pictures, and beside each the same picture lit by the attention rollout
(<a href="https://arxiv.org/abs/2005.00928">Abnar and Zuidema</a>) of ${hasSecond ? "the class token, then of the distillation token" : "the class token"}.</p>
${attentionGallery(evidence.attention, hasSecond)}
<h2>Settings</h2>
${Object.entries(settings)
  .map(([group, values]) => `<h3>${group}</h3>\n${definitions(leavesOf(values))}`)
  .join("\n")}
<h2>Environment</h2>
${definitions({ ...environment })}
</main>
</body>
</html>
`;
}

/** A sentence where the curves are not of all held-out pictures. */
function partOfHeldOut({ settings }: RunResult): string {
  const { count, heldOut, fold } = settings.data;
  if (count === undefined || heldOut === undefined || fold !== undefined || isByHeldOut(settings)) return "";
  return ` Validation by epoch is on the first ${Math.round(count / 10).toLocaleString("en")} held-out pictures.`;
}

/** Sentences on the teacher and the students. */
function trainings({ models, teacherDescription, settings: { recipe } }: RunResult): string {
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

function resultTable(models: readonly ModelResult[]): string {
  const rows = models.map(
    (model) =>
      `<tr><th scope="row"><span class="dot ${MODEL_STYLE[model.name]}"></span>${escapeHtml(model.name)}</th>` +
      `<td>${percent(model.valAccuracy)}</td><td>${model.params.toLocaleString("en")}</td>` +
      `<td>${rate(model.imagesPerSecond)}</td><td>${model.trainImagesPerSecond === undefined ? "–" : rate(model.trainImagesPerSecond)}</td>` +
      `<td>${model.waitingShare === undefined ? "–" : percent(model.waitingShare)}</td></tr>`,
  );
  return `<div class="scroll"><table>
<thead><tr><th scope="col">model</th><th scope="col">validation accuracy</th><th scope="col">parameters</th><th scope="col">images/s</th><th scope="col">images/s in training</th><th scope="col">waiting for data</th></tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table></div>`;
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
