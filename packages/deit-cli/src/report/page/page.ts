import { CHART_STYLE } from "../../chart/chart-style.ts";
import { escapeHtml } from "../../html/escape-html.ts";
import { page } from "../../html/page.ts";
import type { RunResult } from "../../runs/run-result.ts";
import { stagesOf } from "../../runs/stages.ts";
import { hasToken } from "../../settings/has-token.ts";
import { isByHeldOut } from "../../settings/kept-epoch.ts";
import { stageSettings } from "../../settings/stage-settings.ts";
import { suggestions } from "../again.ts";
import type { Evidence } from "../evidence.ts";
import { figuresOf, headline, isMultiLabel, multiLabelHeadline } from "../figures.ts";
import { keptEpochs, worth } from "../plain-words.ts";
import { confusionTable, multiLabelClassTable, perClassTable } from "./class-tables.ts";
import { chartFigure, curveCharts } from "./curves.ts";
import { figureCards, multiLabelCards } from "./figures-html.ts";
import { attentionGallery, mistakeGallery } from "./galleries.ts";
import { modelTable, settingsLists } from "./tables.ts";
import { colorBar, trainings } from "./words.ts";

/** The run's report as one self-contained HTML file, without scripts. */
export function htmlReport(result: RunResult, evidence: Evidence): string {
  const { models, settings, environment } = result;
  const figures = figuresOf(result);
  const several = isMultiLabel(result) ? models.at(-1)!.multiLabel : undefined;
  const title = several === undefined ? headline(figures) : multiLabelHeadline(result);
  const isCompared = figures.some(({ difference }) => difference !== undefined);
  const [accuracy, loss, ...more] = curveCharts(result).map(chartFigure);
  const asides = [worth(result), isByHeldOut(settings) ? keptEpochs(result) : ""].filter(Boolean);
  const hasSecond = evidence.attention.some(({ difference }) => difference !== undefined);
  const isToken =
    evidence.student !== "student alone" &&
    hasToken(stageSettings(settings, stagesOf(settings.run).at(-1)![0]).recipe);
  const body = `<header>
<p class="note">${escapeHtml(settings.run.name)} · ${escapeHtml(environment.date)} UTC · ${escapeHtml(environment.duration)}</p>
<h1>${escapeHtml(title)}</h1>
${several === undefined ? figureCards(figures) : multiLabelCards(models.at(-1)!)}
<p class="note">${several === undefined ? "Accuracy" : "Figures"} on ${environment.validationImages.toLocaleString("en")} held-out pictures${several === undefined ? ", with 95% intervals (Wilson)" : ", each with any number of classes, as scikit-learn computes them; a picture is said to have a class above a probability of 0.5"}${isCompared ? "; differences from the student alone, on the same pictures, with 95% intervals (Agresti and Min) and McNemar’s exact test" : ""}. One training each: another seed gives other numbers.</p>
${asides.map((text) => `<p><strong>${escapeHtml(text)}</strong></p>`).join("\n")}
<p>${escapeHtml(result.dataDescription)} ${trainings(result)}</p>
</header>
<section>
<h2>Curves</h2>
<div class="charts">${[accuracy, loss].filter(Boolean).join("\n")}</div>
<p class="note">Thin: training, with augmentation and stochastic depth on; its accuracy may lie below validation’s.${several ? " Accuracy is exact match." : ""}${curveNotes(result)}</p>
${more.length > 0 ? `<details><summary>Learning rate${models[0]?.name === "teacher" && more.length > 1 ? ", loss of the teacher" : ""}</summary><div class="charts">${more.join("\n")}</div></details>` : ""}
</section>
${several === undefined ? mistakeSection(evidence) : ""}
<section>
<h2>Attention: ${evidence.student}</h2>
<p class="note">The first held-out picture of each class that it classifies right${several === undefined && evidence.attention.length < evidence.classNames.length ? `, of ${evidence.attention.length} classes` : ""}, and each patch’s share in the class token (<a href="https://arxiv.org/abs/2005.00928">attention rollout</a>), as a multiple of the mean share, from the smallest to the largest of the picture: ${colorBar("shares")}.${hasSecond ? ` On the right: what the distillation token has more (red) or less (blue) of: ${colorBar("difference")}.` : isToken ? " The distillation token looks at the same patches." : ""}</p>
${attentionGallery(evidence.attention)}
</section>
<section>
<h2>Class by class</h2>
<p class="note">Recall: share of the class’s pictures that are predicted as it. Precision: share of the pictures predicted as the class that belong to it.</p>
${several === undefined ? classTables(evidence) : multiLabelClassTable(several, evidence.classNames)}
</section>
${several === undefined ? againSection(result, evidence) : ""}
<section>
<h2>Speed and settings</h2>
${modelTable(several === undefined ? figures : undefined, models)}
<p class="note">Measured in this run: a forward pass over the held-out pictures; training, with the waits for data that are in it.</p>
${settingsLists(result)}
</section>`;
  return page({ title: `${title} · ${settings.run.name}`, body, style: CHART_STYLE });
}

function mistakeSection({ student, mistakes }: Evidence): string {
  return `<section>
<h2>Worst mistakes: ${student}</h2>
<p class="note">Those it is most sure of: the picture’s class, and what each model says.</p>
${mistakeGallery(mistakes)}
</section>`;
}

/** Recall and precision of the models, and their confusion matrices; those of the last are not folded. */
function classTables(evidence: Evidence): string {
  const { classNames } = evidence;
  const [last, ...others] = [...evidence.models].reverse();
  return `${perClassTable(evidence)}
<h3>Confusion matrix</h3>
<p class="note">Rows: true classes of the held-out pictures. Columns: predicted classes.</p>
<div class="confusions">${confusionTable(last!, classNames)}</div>
${others.length > 0 ? `<details><summary>The other models’</summary><div class="confusions">${others.map((model) => confusionTable(model, classNames)).join("\n")}</div></details>` : ""}`;
}

function againSection(result: RunResult, { folder }: Evidence): string {
  return `<section>
<h2>Again, but better</h2>
<p class="note">What this run’s figures suggest; none is a promise.</p>
<ul class="again">${suggestions(result, folder)
    .map(
      ({ command, why }) =>
        `<li><p>${escapeHtml(why)}</p><pre tabindex="0"><code>${escapeHtml(command)}</code></pre></li>`,
    )
    .join("\n")}</ul>
</section>`;
}

/** Sentences on what is special about the curves. */
function curveNotes({ models, settings }: RunResult): string {
  const { count, heldOut, fold } = settings.data;
  const isPart = count !== undefined && heldOut !== undefined && fold === undefined && !isByHeldOut(settings);
  const taught = models.some(({ name }) => name !== "teacher" && name !== "student alone");
  return [
    taught && " A taught student’s training loss also has the teacher’s part, and is left out.",
    isPart &&
      ` Validation by epoch is on the first ${Math.round(count / 10).toLocaleString("en")} held-out pictures.`,
    models.some(({ name }) => name === "teacher") &&
      " The band is the teacher’s accuracy in the end, with its interval.",
  ]
    .filter(Boolean)
    .join("");
}
