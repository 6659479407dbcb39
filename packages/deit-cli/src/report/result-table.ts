import type { ModelResult } from "../runs/run-result.ts";
import { percent, rate } from "../terminal/format.ts";
import { formatTable } from "../terminal/table.ts";

/** A run's models, one a row. */
export function resultTable(models: readonly ModelResult[]): string {
  return formatTable(
    ["model", "parameters", "validation accuracy", "images/s", "images/s in training"],
    models.map(({ name, params, valAccuracy, imagesPerSecond, trainImagesPerSecond }) => [
      name,
      params.toLocaleString("en"),
      percent(valAccuracy),
      rate(imagesPerSecond),
      trainImagesPerSecond === undefined ? "–" : rate(trainImagesPerSecond),
    ]),
  );
}
