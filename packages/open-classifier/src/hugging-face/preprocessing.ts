import { type Preprocessing, preprocessingFromHuggingFace, preprocessingFromTimm } from "deit-model";
import type { CropNote, ModelNotes } from "../notes/notes.ts";

/** Notes of a preprocessing in a file. */
export interface FoundPreprocessing {
  readonly notes: Pick<ModelNotes, "inputRange" | "normalization" | "centerCrop">;
  /** Side of the model's pictures. */
  readonly imageSize?: number | undefined;
}

/**
 * Reads transformers' `preprocessor_config.json`.
 *
 * @param file - Its path, for errors.
 * @throws Error naming the file for what is not done here: another processor, pictures that are not square, another filter.
 */
export function preprocessorNotes(file: string, json: unknown): FoundPreprocessing {
  return notesFrom(file, () => preprocessingFromHuggingFace(json));
}

/** Reads timm's `pretrained_cfg`, as {@link preprocessorNotes}. */
export function pretrainedNotes(file: string, json: unknown): FoundPreprocessing {
  return notesFrom(file, () => preprocessingFromTimm(json));
}

function notesFrom(file: string, read: () => Preprocessing): FoundPreprocessing {
  let found: Preprocessing;
  try {
    found = read();
  } catch (cause) {
    throw new Error(`${file}: ${(cause as Error).message}`, { cause });
  }
  const { resize, centerCrop, resample, rescale, mean, std } = found;
  if (resample !== "bilinear" && resample !== "bicubic")
    throw new Error(`${file}: expected bilinear or bicubic interpolation, got ${resample}`);
  const target =
    resize &&
    ("shortestEdge" in resize ? [resize.shortestEdge, resize.shortestEdge] : [resize.height, resize.width]);
  const [height, width] = centerCrop ?? target ?? [];
  if (height !== width || target?.[0] !== target?.[1])
    throw new Error(`${file}: expected square pictures, got ${JSON.stringify({ resize, centerCrop })}`);
  const stretch = resize !== undefined && !("shortestEdge" in resize);
  const crop = target && height !== undefined ? cropNote(height, target[0]!, resample, stretch) : undefined;
  const white = Math.abs(rescale * 255 - 1) < 1e-6 ? 1 : rescale * 255; // 1/255 as a decimal is a little off
  const isPlain = mean.every((one) => one === 0) && std.every((one) => one === 1);
  const scaled = (values: readonly number[]) => values.map((value) => value / white);
  return {
    imageSize: height,
    notes: {
      ...(isPlain ? { inputRange: [0, white] } : { normalization: { mean: scaled(mean), std: scaled(std) } }),
      ...(crop && { centerCrop: crop }),
    },
  };
}

function cropNote(
  side: number,
  resized: number,
  interpolation: "bilinear" | "bicubic",
  stretch: boolean,
): CropNote | undefined {
  if (resized < side) return undefined; // such a crop has black borders
  const ratio = side / resized;
  const exact = Math.floor(side / ratio) === resized ? ratio : side / (resized + 0.5);
  return { ratio: exact, interpolation, ...(stretch && { stretch }) };
}
