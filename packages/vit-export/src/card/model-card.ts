import { type Preprocessing, requirePreprocessing } from "deit-model";
import { having, requireArguments, requireOptions } from "known-options";
import type { ExportFormat } from "../export-options.ts";
import type { Exported } from "../exported.ts";
import { CARD_CHECKS, type CardAccuracy, type CardFacts } from "./card-facts.ts";
import { frontMatter } from "./front-matter.ts";
import { usage } from "./usage.ts";

const EXPORTED = having("a result of exportFiles", ({ files, formats, leftOut }) =>
  [files, formats, leftOut].every(Array.isArray),
);
const PROGRAMS: Readonly<Record<ExportFormat, string>> = {
  huggingface: "transformers",
  timm: "timm",
  onnx: "ONNX",
  tfjs: "TensorFlow.js",
};

/**
 * Returns the text of a model card, `README.md` with the hub's metadata: accuracy, training, preprocessing, how each program opens the
 * folder, what it does not hold, license.
 *
 * @param exported - Result of {@link exportFiles}. Its files are not read.
 * @param preprocessing - As it was exported.
 * @throws TypeError for an unknown fact. RangeError for one that does not fit.
 * @see https://huggingface.co/docs/hub/model-cards
 *
 * @example
 * import { type Preprocessing, vit } from "deit-model";
 *
 * const student = vit({ imageSize: 16, patchSize: 8, dim: 12, depth: 1, heads: 3, classes: 2 });
 * const preprocessing: Preprocessing = {
 *   ...{ resize: { height: 16, width: 16 }, resample: "bilinear", rescale: 1 / 255 },
 *   ...{ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
 * };
 * const exported = await exportFiles(student, { classNames: ["daisy", "rose"], preprocessing });
 * const card = modelCard(exported, preprocessing, { name: "Two flowers", license: "apache-2.0" });
 * console.log(card.includes("# Two flowers")); // true
 */
export function modelCard(exported: Exported, preprocessing: Preprocessing, facts: CardFacts): string {
  requireOptions("modelCard", facts, CARD_CHECKS);
  requireArguments("modelCard", { exported }, { exported: EXPORTED });
  requirePreprocessing("modelCard", preprocessing);
  const { name, summary, license, data, recipe = [], command, accuracy = [], notes = [] } = facts;
  const training = [
    ...(data === undefined ? [] : [data]),
    ...(recipe.length === 0 ? [] : [table(["setting", "value"], recipe)]),
    ...(command === undefined ? [] : [`\`\`\`sh\n${command}\n\`\`\``]),
  ];
  const parts = [
    `# ${name}`,
    ...(summary === undefined ? [] : [summary]),
    ...section("Accuracy", accuracy.length === 0 ? [] : [accuracyTable(accuracy)]),
    ...section("Training", training),
    ...section("Preprocessing", [`${inWords(preprocessing)}.`]),
    ...section("Use", usage(exported, preprocessing)),
    ...section("Limits", [bullets([...notes, ...limits(exported)])]),
    ...section("License", [license ?? "None was given: ask whoever trained the model before you use it."]),
  ];
  return `${frontMatter(facts, exported)}\n${parts.join("\n\n")}\n`;
}

function section(heading: string, parts: readonly string[]): string[] {
  return parts.length === 0 || parts[0] === "" ? [] : [`## ${heading}`, ...parts];
}

function accuracyTable(accuracy: readonly CardAccuracy[]): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)}%`;
  const rows = accuracy.map(({ what, metric = "accuracy", value, interval, pictures }) => [
    ...[
      what,
      metric,
      percent(value),
      interval ? interval.map(percent).join(" to ") : "–",
      pictures.toLocaleString("en"),
    ],
  ]);
  return table(["measured with", "figure", "value", "95% interval", "pictures"], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replace(/\s*[\r\n]\s*/g, " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function bullets(lines: readonly string[]): string {
  return lines.map((one) => `- ${one}`).join("\n");
}

/** A preprocessing in one sentence without a full stop. */
function inWords({ resize, resample, centerCrop, rescale, mean, std }: Preprocessing): string {
  const sized =
    resize === undefined
      ? "Pictures keep their size"
      : "shortestEdge" in resize
        ? `The shorter side is resized to ${resize.shortestEdge} pixels (${resample}, antialiased)`
        : `Pictures are resized to ${resize.height}×${resize.width} (${resample}, antialiased), whatever their sides`;
  const cropped = centerCrop === undefined ? "" : `; the middle ${centerCrop.join("×")} is cut out`;
  const factor = Math.abs(rescale * 255 - 1) < 1e-6 ? "1/255" : String(rescale);
  return `${sized}${cropped}; RGB times ${factor}, less ${JSON.stringify(mean)}, over ${JSON.stringify(std)}`;
}

function limits({ leftOut, files }: Exported): string[] {
  const config = files.find(({ path }) => path === "config.json")?.data;
  const isDistilled = typeof config === "string" && config.includes("WithTeacher");
  return [
    ...leftOut.map(
      ({ format, reason }) => `${PROGRAMS[format]}: not in this folder. ${reason.replace(/^\w+: /, "")}.`,
    ),
    ...(isDistilled
      ? [
          "keras-hub reads `model.safetensors`, but the class token's head alone: its answers differ from the mean of both heads.",
        ]
      : []),
  ];
}
