import { extractFeatures } from "distill-trainer";
import { type ClassifierFeatures, openClassifier } from "open-classifier";
import "../models/known-layers.ts";
import { type ModelUse, modelFolderOf } from "../models/open-model.ts";
import { eachPhoto, FORWARD_ROWS, type PhotoResult, type PhotoView } from "../photos/each-photo.ts";
import { UsageError } from "../process/usage-error.ts";

/** A saved model without its head. */
export interface Embedder extends PhotoView {
  readonly path: string;
  readonly features: ClassifierFeatures;
  /** Length of a feature vector. */
  readonly width: number;
}

/**
 * Opens a saved model, of any classes or none, as a feature extractor.
 *
 * @param path - As for `openModel`.
 * @param layer - Default: of layers models the input of the head, else `feature_vector`.
 * @throws UsageError naming the layers, if there is none of this name.
 */
export async function openEmbedder(
  path: string,
  { pixels, layer }: Pick<ModelUse, "pixels"> & { readonly layer?: string | undefined },
): Promise<Embedder> {
  const folder = modelFolderOf(path);
  const classifier = await openClassifier(folder, { pixels });
  let features: ClassifierFeatures;
  try {
    features = classifier.features(layer);
  } catch (error) {
    classifier.dispose();
    const why = (error as Error).message.replace(/^\w+: /, "");
    throw new UsageError(`--layer: ${folder}: ${why}`);
  }
  const { path: own, imageSize, notes, centerCrop } = classifier;
  return {
    ...{ path: own, features, width: features.width, imageSize, upright: notes.upright ?? true },
    ...(centerCrop && { centerCrop }),
  };
}

/** Feature vectors of photos, or why one has none. */
export function embedPhotos(
  { features, width, ...view }: Embedder,
  files: readonly string[],
  maxPixels: number | undefined,
): AsyncGenerator<PhotoResult<Float32Array>> {
  return eachPhoto(files, { ...view, maxPixels }, async (source) => {
    const { values } = await extractFeatures(features, source, { microBatchSize: FORWARD_ROWS });
    return Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
  });
}
