import type * as tfl from "@tensorflow/tfjs-layers";
import { preprocessorConfig } from "deit-model";
import { MODEL, requireArguments, requireOptions } from "known-options";
import { notFinite } from "safetensors-io";
import { EXPORT_CHECKS, type ExportFormat, type ExportOptions, FORMATS } from "./export-options.ts";
import { type Exported, type ExportedFile, jsonFile } from "./exported.ts";
import { huggingFaceFiles } from "./formats/hugging-face.ts";
import { onnxFiles } from "./formats/onnx.ts";
import { tfjsFiles } from "./formats/tfjs.ts";
import { timmFiles } from "./formats/timm.ts";
import { inferenceModel } from "./inference-model.ts";

/**
 * Returns the files of a classifier that other programs open unchanged: transformers and keras-hub (`config.json`,
 * `model.safetensors`), timm (`timm/`), ONNX Runtime, transformers.js and jax-js (`onnx/`), and stock tfjs (`tfjs/`, a graph
 * model). `preprocessor_config.json` says how pictures become `pixel_values`.
 *
 * ONNX's input is `pixel_values` `[batch_size, 3, height, width]`, tfjs' `[batch, height, width, 3]`; the output of both is `logits`
 * `[batch, classes]`, of a distilled model the mean of its heads, as in the other formats.
 *
 * @param model - Pictures to logits: of `vit` or `deit`, a BiT, or another one whose layers tfjs-to-onnx knows. Not changed, not
 * disposed. The chunks of its files are read from it when they are written.
 * @returns The files, and the formats that cannot hold the model, with the reason.
 * @throws TypeError for an unknown option. RangeError for a value that does not fit, before anything is computed; for a format that
 * was asked for and cannot hold the model, or if none can.
 *
 * @example
 * import { deit } from "deit-model";
 *
 * const student = deit({ imageSize: 32, patchSize: 8, dim: 24, depth: 2, heads: 3, classes: 2 });
 * const { files } = await exportFiles(student, {
 *   classNames: ["daisy", "rose"],
 *   preprocessing: {
 *     ...{ resize: { height: 32, width: 32 }, resample: "bilinear", rescale: 1 / 255 },
 *     ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
 *   },
 * });
 * console.log(files.length, files[1]?.path); // 8 config.json
 */
export async function exportFiles(model: tfl.LayersModel, options: ExportOptions): Promise<Exported> {
  requireOptions("exportFiles", options, EXPORT_CHECKS);
  requireArguments("exportFiles", { model }, { model: MODEL });
  const { formats: asked, preprocessing, temperature = 1, int8 = false } = options;
  if (int8 && asked !== undefined && !asked.includes("onnx"))
    throw new RangeError(
      `exportFiles: int8 must be false without the format onnx, got formats ${asked.join(", ")}`,
    );
  const preprocessor = jsonFile("preprocessor_config.json", preprocessorConfig(preprocessing));
  requireClassifier(model, options);
  await requireFinite(model);
  const inference = inferenceModel(model, temperature);
  const files: ExportedFile[] = [preprocessor];
  const formats: ExportFormat[] = [];
  const leftOut: { format: ExportFormat; reason: string }[] = [];
  for (const format of FORMATS.filter((one) => asked?.includes(one) ?? true)) {
    try {
      files.push(...(await filesOf(format, model, inference, options)));
      formats.push(format);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (asked !== undefined) throw new RangeError(`exportFiles: ${format}: ${reason}`, { cause: error });
      leftOut.push({ format, reason });
    }
  }
  if (formats.length === 0)
    throw new RangeError(
      `exportFiles: expected a model that a format can hold, got one for none: ${leftOut.map(({ format, reason }) => `${format}: ${reason}`).join("; ")}`,
    );
  return { files, formats, leftOut };
}

function filesOf(
  format: ExportFormat,
  model: tfl.LayersModel,
  inference: tfl.LayersModel,
  options: ExportOptions,
): ExportedFile[] | Promise<ExportedFile[]> {
  switch (format) {
    case "huggingface":
      return huggingFaceFiles(model, options);
    case "timm":
      return timmFiles(model, options);
    case "onnx":
      return onnxFiles(inference, options);
    case "tfjs":
      return tfjsFiles(inference, options);
  }
}

/** @throws RangeError unless the model takes pictures of a known size and answers with a logit for each class. */
function requireClassifier(model: tfl.LayersModel, { classNames, preprocessing }: ExportOptions): void {
  const [input, ...others] = model.inputs;
  const [, height, width, channels] = input?.shape ?? [];
  if (input?.shape.length !== 4 || others.length > 0 || !height || !width)
    throw new RangeError(
      `exportFiles: model must take one batch of images, [batch, height, width, channels], got ${model.inputs.map(({ shape }) => `[${shape}]`).join(", ")}`,
    );
  if (preprocessing.mean.length !== channels)
    throw new RangeError(
      `exportFiles: preprocessing must have a mean for each of ${channels} channels, got ${preprocessing.mean.length}`,
    );
  const { resize, centerCrop } = preprocessing;
  if (resize !== undefined && "shortestEdge" in resize && centerCrop === undefined)
    throw new RangeError(
      `exportFiles: preprocessing must make images of ${height}x${width}, which the model takes, got a shortest edge of ${resize.shortestEdge} without a centerCrop`,
    );
  const made = centerCrop ?? sidesOf(preprocessing);
  if (made !== undefined && (made[0] !== height || made[1] !== width))
    throw new RangeError(
      `exportFiles: preprocessing must make images of ${height}x${width}, which the model takes, got ${made.join("x")}`,
    );
  const outputs = model.outputs.map(({ shape }) => shape);
  if (outputs.length > 2 || outputs.some((shape) => shape.length !== 2 || shape[1] !== classNames.length))
    throw new RangeError(
      `exportFiles: model must answer with [batch, ${classNames.length}], a logit for each of classNames, got ${outputs.map((shape) => `[${shape}]`).join(", ")}`,
    );
  for (const output of model.outputs) {
    const activation = lastActivation(output);
    if (activation === "softmax" || activation === "sigmoid")
      throw new RangeError(
        `exportFiles: model must answer with logits, got the outputs of a ${activation} ('${output.sourceLayer.name}'): leave its last activation out`,
      );
  }
}

/** Activation that an output ends in, also inside a model that is a layer. */
function lastActivation({ sourceLayer, outputTensorIndex }: tfl.SymbolicTensor): string | undefined {
  if ("layers" in sourceLayer)
    return lastActivation((sourceLayer as tfl.LayersModel).outputs[outputTensorIndex ?? 0]!);
  const { activation } = sourceLayer.getConfig();
  return sourceLayer.getClassName() === "Softmax" ? "softmax" : (activation as string | undefined);
}

function sidesOf({ resize }: ExportOptions["preprocessing"]): readonly [number, number] | undefined {
  return resize === undefined || "shortestEdge" in resize ? undefined : [resize.height, resize.width];
}

/** @throws RangeError for weights that are not finite, which other programs would pass on as answers. */
async function requireFinite(model: tfl.LayersModel): Promise<void> {
  for (const weight of model.weights) {
    const problem = notFinite((await weight.read().data()) as Float32Array);
    if (problem !== undefined)
      throw new RangeError(
        `exportFiles: expected finite weights, got '${weight.originalName}' with ${problem}`,
      );
  }
}
