import type * as tfl from "@tensorflow/tfjs-layers";
import { extractFeatures, featureModel, type Preprocess } from "distill-trainer";
import { loadLayersModelFile } from "../models/layers-model-files.ts";
import "../models/known-layers.ts";
import { centerCropOf, notesOf, preprocessOf } from "../models/notes.ts";
import { type ModelUse, modelFolderOf } from "../models/open-model.ts";
import { setPixels } from "../models/pixels.ts";
import { eachPhoto, FORWARD_ROWS, type PhotoResult, type PhotoView } from "../photos/each-photo.ts";
import { UsageError } from "../process/usage-error.ts";

/** A saved model without its head. */
export interface Embedder extends PhotoView {
  readonly path: string;
  readonly model: tfl.LayersModel;
  readonly preprocess: Preprocess;
  /** Length of a feature vector. */
  readonly width: number;
}

/**
 * Opens a saved model, of any classes or none, as a feature extractor.
 *
 * @param path - As for `openModel`.
 * @param layer - See `featureModel`.
 * @throws UsageError naming the layers, if there is none of this name.
 */
export async function openEmbedder(
  path: string,
  { pixels, layer }: Pick<ModelUse, "pixels"> & { readonly layer?: string | undefined },
): Promise<Embedder> {
  const folder = modelFolderOf(path);
  const whole = await loadLayersModelFile(folder);
  if (pixels !== undefined) setPixels(whole, pixels);
  let model: tfl.LayersModel;
  try {
    model = featureModel(whole, layer === undefined ? {} : { layer });
  } catch (error) {
    whole.dispose();
    throw new UsageError(`--layer: ${folder}: ${(error as Error).message.replace("featureModel: ", "")}`);
  }
  const centerCrop = centerCropOf(whole);
  return {
    ...{ path: folder, model, preprocess: preprocessOf(whole), width: model.outputs[0]!.shape[1]! },
    ...{ imageSize: whole.inputs[0]!.shape[1]!, upright: notesOf(whole).upright ?? true },
    ...(centerCrop && { centerCrop }),
  };
}

/** Feature vectors of photos, or why one has none. */
export function embedPhotos(
  { model, preprocess, width, ...view }: Embedder,
  files: readonly string[],
  maxPixels: number | undefined,
): AsyncGenerator<PhotoResult<Float32Array>> {
  return eachPhoto(files, { ...view, maxPixels }, async (source) => {
    const { values } = await extractFeatures(model, source, { preprocess, microBatchSize: FORWARD_ROWS });
    return Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
  });
}
