import { extname } from "node:path";
import { type Features, knnProbe } from "distill-trainer";
import { type Embedder, embedPhotos, openEmbedder } from "../embed/embedder.ts";
import { EMBEDDINGS_FILES, type Embeddings, type EmbeddingsFormat } from "../embed/embeddings-file.ts";
import { folderLabels } from "../embed/folder-labels.ts";
import { requireOwnOutput } from "../files/own-output.ts";
import { writeAtomically } from "../files/write-atomically.ts";
import { newestRun } from "../models/newest-run.ts";
import { requireNone } from "../photos/bad-photo.ts";
import { findPhotos, leftOutLines } from "../photos/find-photos.ts";
import { startChosenBackend } from "../process/chosen-backend.ts";
import { UsageError } from "../process/usage-error.ts";
import { resolveDataSettings } from "../settings/resolve-settings.ts";
import { percent } from "../terminal/format.ts";
import { fetchModel } from "../weights/hub-model.ts";
import type { Call, Command } from "./command.ts";
import { requireFormat, type UseSettings } from "./use-settings.ts";

export const embed: Command = {
  name: "embed",
  what: "Write a model's features of photos to a file, and judge them by nearest neighbors",
  argument: { name: "photos", many: true },
  options: [
    ...(["output", "format", "knn", "knnPhotos", "layer"] as const),
    ...(["model", "out", "pixels", "maxPixels", "backend", "precision", "verbose", "config"] as const),
  ],
  examples: [
    "embed photos/ --output features.npz",
    "embed photos/ --knn 20 --model runs/photos",
    "embed test/ --knn 20 --knn-photos train/ --output features.csv",
    "embed photos/ --layer blocks.8 --output features.safetensors",
  ],
  run: async (call) => {
    const { args, edits, use, output } = call;
    const { run } = resolveDataSettings(edits);
    const { output: path, knn, knnPhotos, layer, model = newestRun(run.out) } = use;
    const format = embeddingsFormat(use);
    if (knnPhotos !== undefined && knn === undefined)
      throw new UsageError("--knn-photos: expected --knn with it, the number of neighbors");
    const photos = await findPhotos(args);
    const voters = knnPhotos === undefined ? undefined : await findPhotos([knnPhotos]);
    output.write(leftOutLines(photos));
    if (voters !== undefined) output.write(leftOutLines(voters));
    const labels = folderLabels(photos.files);
    if (knn !== undefined && (labels === undefined || (voters && folderLabels(voters.files) === undefined)))
      throw new UsageError("--knn: expected photos in two or more folders, whose names are their labels");
    if (format !== undefined) await requireOwnOutput("--output", path!, EMBEDDINGS_FILES[format].mark);
    await startChosenBackend(run);
    const { signal } = call;
    const opened = await fetchModel("--model", model, output, signal ? { signal } : {});
    const embedder = await openEmbedder(opened, use);
    const errors: string[] = [];
    const found = await embeddings(call, embedder, photos.files, errors);
    if (format !== undefined && found.paths.length > 0) {
      await writeAtomically(path!, await EMBEDDINGS_FILES[format].bytes({ ...found, layer }));
      output.write(`${path}: ${found.width} features of ${found.paths.length} photos\n`);
    }
    if (knn !== undefined && found.paths.length > 0) {
      const others = voters && (await embeddings(call, embedder, voters.files, errors));
      output.write(neighborsLine(found, others, knn));
    }
    requireNone(errors, photos.files.length + (voters?.files.length ?? 0));
  },
};

/** The format of `--output`; `undefined` where no file is written. */
function embeddingsFormat({ output, format, knn }: UseSettings): EmbeddingsFormat | undefined {
  const given = requireFormat("embed", format, output);
  if (output === undefined) {
    if (knn !== undefined && given === undefined) return undefined;
    throw new UsageError("embed: expected --output, a file to write (.safetensors, .npz or .csv), or --knn");
  }
  const extension = extname(output).slice(1).toLowerCase();
  if (given !== undefined) return given;
  if (Object.hasOwn(EMBEDDINGS_FILES, extension)) return extension as EmbeddingsFormat;
  throw new UsageError(
    `--output: expected a file .safetensors, .npz or .csv, or --format with it, got '${output}'`,
  );
}

/** Features of photos; those that are broken are reported, and left out. */
async function embeddings(
  { edits, output, signal }: Call,
  embedder: Embedder,
  files: readonly string[],
  errors: string[],
): Promise<Embeddings> {
  const { maxPixels } = resolveDataSettings(edits).data;
  const paths: string[] = [];
  const rows: Float32Array[] = [];
  for await (const result of embedPhotos(embedder, files, maxPixels)) {
    signal?.throwIfAborted();
    if ("error" in result) {
      errors.push(result.error);
      output.write(`${result.error}\n`);
    } else {
      paths.push(result.file);
      rows.push(result.value);
    }
  }
  const names = files.length > 0 ? folderLabels(files) : undefined;
  const own = new Map(files.map((file, i) => [file, names?.[i]]));
  const classNames = [...new Set(names)].sort();
  return {
    ...{ paths, width: embedder.width, classNames, model: embedder.path },
    values: Float32Array.from(rows.flatMap((row) => [...row])),
    labels: Int32Array.from(paths, (path) => classNames.indexOf(own.get(path) ?? "")),
  };
}

function neighborsLine(found: Embeddings, voters: Embeddings | undefined, neighbors: number): string {
  const classNames = [...new Set([...found.classNames, ...(voters?.classNames ?? [])])];
  const featuresOf = ({ values, width, labels, classNames: own }: Embeddings): Features => ({
    ...{ values, width },
    labels: labels.map((label) => classNames.indexOf(own[label]!)),
  });
  const features = featuresOf(voters ?? found);
  let accuracy: number;
  try {
    const heldOut = voters && { heldOut: featuresOf(found) };
    ({ accuracy } = knnProbe(features, { neighbors, ...heldOut }));
  } catch (error) {
    throw new UsageError(`--knn: ${(error as Error).message.replace("knnProbe: ", "")}`);
  }
  const how = voters ? `${voters.paths.length} other photos vote` : "all others vote";
  return `${neighbors} nearest neighbors: ${percent(accuracy)} of ${found.paths.length} photos (cosine similarity, weights of DINO; ${how})\n`;
}
