import {
  type Preprocessing,
  preprocessingFromHuggingFace,
  preprocessingFromTimm,
  requirePreprocessing,
} from "deit-model";
import type { PictureSize } from "../kinds/pictures.ts";
import type { CropNote, ModelNotes } from "../notes/notes.ts";

/** Notes of a preprocessing in a file. */
export interface FoundPreprocessing {
  readonly notes: Pick<ModelNotes, "inputRange" | "normalization" | "centerCrop">;
  /** Size of the model's pictures. */
  readonly imageSize?: PictureSize | undefined;
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

/**
 * Reads the `preprocessing` in the metadata of a graph model that vit-export wrote; `undefined` for another value.
 *
 * @param path - The model's, for errors.
 */
export function metadataNotes(path: string, metadata: object): FoundPreprocessing | undefined {
  const { preprocessing } = metadata as { readonly preprocessing?: Preprocessing };
  try {
    requirePreprocessing("openClassifier", preprocessing!);
  } catch {
    return undefined;
  }
  return notesFrom(path, () => preprocessing!);
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
  const target: Sides | undefined =
    resize &&
    ("shortestEdge" in resize ? [resize.shortestEdge, resize.shortestEdge] : [resize.height, resize.width]);
  const [height, width] = centerCrop ?? target ?? [];
  const stretch = resize !== undefined && !("shortestEdge" in resize);
  const crop =
    target && height !== undefined ? cropNote(target, [height, width!], { resample, stretch }) : undefined;
  if (crop === "otherwise")
    throw new Error(
      `${file}: expected pictures whose sides are resized and cropped alike, got ${JSON.stringify({ resize, centerCrop })}`,
    );
  const white = Math.abs(rescale * 255 - 1) < 1e-6 ? 1 : rescale * 255; // 1/255 as a decimal is a little off
  const isPlain = mean.every((one) => one === 0) && std.every((one) => one === 1);
  const scaled = (values: readonly number[]) => values.map((value) => value / white);
  return {
    imageSize: height === undefined || height === width ? height : [height, width!],
    notes: {
      ...(isPlain ? { inputRange: [0, white] } : { normalization: { mean: scaled(mean), std: scaled(std) } }),
      ...(crop && { centerCrop: crop }),
    },
  };
}

type Sides = readonly [height: number, width: number];

/** The note of a crop; `undefined` for none that can be, and `"otherwise"` where the sides have different shares. */
function cropNote(
  resized: Sides,
  sides: Sides,
  { resample, stretch }: { readonly resample: "bilinear" | "bicubic"; readonly stretch: boolean },
): CropNote | "otherwise" | undefined {
  const isSquare = sides[0] === sides[1] && resized[0] === resized[1];
  if (!isSquare && !stretch) return "otherwise"; // a shortest edge that does not cover a rectangle
  if (resized.every((side, i) => side < sides[i]!)) return undefined; // such a crop has black borders
  const ratios = sides.flatMap((side, i) => [side / resized[i]!, side / (resized[i]! + 0.5)]);
  const ratio = ratios.find(
    (one) => one <= 1 && sides.every((side, i) => Math.floor(side / one) === resized[i]),
  );
  if (ratio === undefined) return "otherwise";
  return { ratio, interpolation: resample, ...(stretch && { stretch }) };
}
