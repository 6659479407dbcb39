import { shownFigures } from "../judge/shown-figures.ts";
import type { ModelResult } from "../runs/run-result.ts";
import { percent, rate } from "../terminal/format.ts";
import { formatTable } from "../terminal/table.ts";

/** A run's models, one a row. */
export function resultTable(models: readonly ModelResult[]): string {
  return formatTable(
    ["model", "parameters", ...namesOf(models), "images/s", "images/s in training"],
    models.map(({ name, params, imagesPerSecond, trainImagesPerSecond, ...figures }) => [
      name,
      params.toLocaleString("en"),
      ...shownFigures(figures).map(({ value }) => percent(value)),
      rate(imagesPerSecond),
      trainImagesPerSecond === undefined ? "–" : rate(trainImagesPerSecond),
    ]),
  );
}

function namesOf([first]: readonly ModelResult[]): string[] {
  const names = first === undefined ? [] : shownFigures(first).map(({ name }) => name);
  return names.length === 1 ? names.map((name) => `validation ${name}`) : names;
}
