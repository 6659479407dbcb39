import { type Calibrated, calibrate as calibrateLogits } from "distill-trainer";
import { saveNotes } from "open-classifier";
import { requireOneLabel } from "../data/require-labels.ts";
import {
  JUDGED_PICTURES,
  type JudgedModels,
  judgedModels,
  judgedSettings,
  picturesFor,
} from "../evaluation/judged-models.ts";
import { logitsAndLabels } from "../judge/predictions.ts";
import { openModel } from "../models/open-model.ts";
import { optionOf } from "../options/option-table.ts";
import { startChosenBackend } from "../process/chosen-backend.ts";
import { microBatchSizeOf } from "../settings/pace.ts";
import { formatTable } from "../terminal/table.ts";
import { fetchModel } from "../weights/hub-model.ts";
import type { Command } from "./command.ts";

const CROP = optionOf("evaluationCrop").path;

/** A model's calibration, or why it has none. */
type Judged = { readonly model: string; readonly pictures: number } & (
  | Calibrated
  | { readonly refused: string }
);

export const calibrate: Command = {
  name: "calibrate",
  what: "Calibrate a run's models, or one saved model: fit a temperature on held-out pictures and note it in the model",
  argument: { name: "run", many: false },
  options: [
    ...JUDGED_PICTURES,
    ...(["split", "pixels", "outputs", "backend", "precision", "json", "verbose", "config"] as const),
  ],
  settingsOf: "run",
  examples: ["calibrate runs/photos", "calibrate runs/photos/student-alone --data held-out/"],
  run: async ({ args, edits, use, output, signal }) => {
    const { json, split } = use;
    const by = { command: "calibrate", edits, split, output: json ? { write: () => {} } : output, signal };
    const model = await fetchModel(by.command, args[0]!, by.output, signal ? { signal } : {});
    const found = judgedSettings(model, by);
    await startChosenBackend(found.settings.run);
    const models = await judgedModels(found, by);
    requireOneLabel("calibrate", models.data.all);
    const judged: Judged[] = [];
    for (const folder of models.folders) {
      signal?.throwIfAborted();
      const opened = await openModel(folder, use);
      const { centerCrop } = Object.hasOwn(edits, CROP) ? found.settings.recipe.images : opened;
      const { pictures, places } = await picturesFor(models, folder, opened, centerCrop);
      const rows = microBatchSizeOf(models.settings.run);
      const { logits, labels } = await logitsAndLabels(opened.classifier.teacher!, pictures, rows);
      const classes = opened.classNames.length;
      const own = { logits, labels: labels.map((label) => places[label]!), classes };
      opened.classifier.dispose();
      try {
        const result = calibrateLogits(own, { seed: models.settings.run.seed });
        await saveNotes(opened.classifier, { temperature: result.temperature });
        judged.push({ model: folder, pictures: labels.length, ...result });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        judged.push({ model: folder, pictures: labels.length, refused: error.message });
      }
    }
    output.write(json ? `${JSON.stringify({ models: judged }, null, 2)}\n` : textOf(models, judged));
    const [first] = judged;
    if (judged.every((one) => "refused" in one) && first !== undefined && "refused" in first)
      throw new Error(`${first.model}: could not be calibrated: ${first.refused}`);
  },
};

function textOf(models: JudgedModels, judged: readonly Judged[]): string {
  const fitted = judged.flatMap((one) => ("refused" in one ? [] : [one]));
  const table = formatTable(
    ["model", "temperature", "NLL", "calibrated", "ECE", "calibrated"],
    fitted.map(({ model, temperature, before, after }) => [
      ...[model, temperature.toFixed(3), before.nll.toFixed(4), after.nll.toFixed(4)],
      ...[before.ece.toFixed(4), after.ece.toFixed(4)],
    ]),
  );
  const refusals = judged.map((one) =>
    "refused" in one ? `${one.model} is not changed: ${one.refused}\n` : "",
  );
  const pictures = `${judged[0]!.pictures} ${models.pictures}`;
  const notes =
    `fitted on ${pictures}; the calibrated figures are of each half at the temperature of the other half, ECE in 15 bins\n` +
    "the temperature is noted in each model: predict divides its logits by it\n";
  return `${fitted.length > 0 ? `\n${table}\n\n${notes}` : ""}${refusals.join("")}`;
}
