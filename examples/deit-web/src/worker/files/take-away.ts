import type * as tfl from "@tensorflow/tfjs-layers";
import { BlobWriter, configure, TextReader, Uint8ArrayReader, ZipWriter } from "@zip.js/zip.js";
import type { Preprocessing } from "deit-model";
import { type ExportedFile, exportFiles, modelCard } from "vit-export";
import type { Settings } from "../../session/types.ts";
import { normalizationOf } from "../models/recipe.ts";
import type { SettingsFile } from "./settings-file.ts";

configure({ useWebWorkers: false }); // it runs in a Worker already

/** The student for other programs: safetensors, ONNX and tfjs with a model card, and the page's settings, as a zip file. */
export async function takeAway(student: tfl.LayersModel, file: SettingsFile): Promise<Blob> {
  const { classNames, settings, models } = file;
  const preprocessing = preprocessingOf(settings);
  const exported = await exportFiles(student, { classNames, preprocessing });
  const own = models.find(({ role }) => role === "student");
  const card = modelCard(exported, preprocessing, {
    name: `A vision transformer that tells ${classNames.join(", ")} apart`,
    summary: "It was trained in a browser tab.",
    recipe: recipeInWords(settings),
    ...(own !== undefined &&
      own.of > 0 && {
        accuracy: [{ what: "held-out pictures", value: own.right / own.of, pictures: own.of }],
      }),
  });
  const files: ExportedFile[] = [
    { path: "README.md", data: card },
    { path: "settings.json", data: `${JSON.stringify(file, null, 2)}\n` },
    ...exported.files,
  ];
  const zip = new ZipWriter(new BlobWriter("application/zip"), { level: 0 }); // weights do not get smaller
  for (const { path, data } of files) {
    const reader =
      typeof data === "string" ? new TextReader(data) : new Uint8ArrayReader(await bytesOf(data));
    await zip.add(path, reader);
  }
  return zip.close();
}

function recipeInWords({
  start,
  teaching,
  imageSize,
  epochs,
  teacherEpochs,
  seed,
}: Settings): [string, string][] {
  const learned = {
    none: "the labels",
    answers: "the labels and the answers of a teacher",
    features: "the labels and the features of a teacher",
  }[teaching];
  return [
    ["starts from", start === "nothing" ? "random weights" : "DeiT-Ti's published weights"],
    ["learned from", learned],
    ["image size", `${imageSize}×${imageSize}`],
    ["epochs", String(epochs)],
    ...(teaching === "none"
      ? []
      : ([["teacher", `a tiny BiT, ${teacherEpochs} epochs on the same pictures`]] as [string, string][])),
    ["seed", String(seed)],
  ];
}

/** The evaluation's view in the words of other programs: resizing with antialiasing, whatever the sides. */
function preprocessingOf(settings: Settings): Preprocessing {
  const { imageSize } = settings;
  return {
    ...{ resize: { height: imageSize, width: imageSize }, resample: "bilinear", rescale: 1 / 255 },
    ...normalizationOf(settings),
  };
}

async function bytesOf(data: Exclude<ExportedFile["data"], string>): Promise<Uint8Array> {
  if (data instanceof Uint8Array) return data;
  const chunks: BlobPart[] = [];
  for await (const chunk of data) chunks.push(Uint8Array.from(chunk));
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
