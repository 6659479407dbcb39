import type * as tfl from "@tensorflow/tfjs-layers";
import { MODEL, OBJECT, optional, requireArguments, requireOptions, STRING } from "known-options";
import { CARD_CHECKS, type CardFacts } from "../card/card-facts.ts";
import { modelCard } from "../card/model-card.ts";
import { exportFiles } from "../export-files.ts";
import { EXPORT_CHECKS, type ExportOptions } from "../export-options.ts";
import type { Exported } from "../exported.ts";
import { requireExportFolder, writeExport } from "./write-export.ts";

/** Options of {@link exportModel}. */
export interface ExportModelOptions extends ExportOptions {
  /** What the model card, `README.md`, says beside what the files say. Default: no card. */
  readonly card?: CardFacts;
}

/**
 * Writes the files of {@link exportFiles} to a folder, all or none, weights tensor by tensor.
 *
 * @param folder - New, empty, or an earlier export, which is replaced.
 * @returns The files, and the formats that cannot hold the model, with the reason.
 * @throws As `exportFiles`; RangeError for a folder with other files, before anything is computed; Error of the file system. What was
 * in the folder then stays.
 *
 * @example
 * import { type Preprocessing, vit } from "deit-model";
 *
 * const student = vit({ imageSize: 16, patchSize: 8, dim: 12, depth: 1, heads: 3, classes: 2 });
 * const preprocessing: Preprocessing = {
 *   ...{ resize: { height: 16, width: 16 }, resample: "bilinear", rescale: 1 / 255 },
 *   ...{ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
 * };
 * await exportModel(student, "exported", { classNames: ["daisy", "rose"], preprocessing });
 */
export async function exportModel(
  model: tfl.LayersModel,
  folder: string,
  options: ExportModelOptions,
): Promise<Exported> {
  const { card, ...others } = requireOptions("exportModel", options, {
    ...EXPORT_CHECKS,
    card: optional(OBJECT),
  });
  requireArguments("exportModel", { model, folder }, { model: MODEL, folder: STRING });
  if (card !== undefined) requireOptions("exportModel", card, CARD_CHECKS);
  await requireExportFolder(folder);
  const exported = await exportFiles(model, others);
  const files =
    card === undefined
      ? exported.files
      : [...exported.files, { path: "README.md", data: modelCard(exported, others.preprocessing, card) }];
  await writeExport(folder, files);
  return { ...exported, files };
}
