import { BOOLEAN, type Check, check, either, oneOf, POSITIVE, STRING } from "known-options";
import { CHANNELS, fieldsOf, isObject, type ReadField, refused, sizesTo, sizeTo } from "./fields.ts";
import type { Preprocessing, Resample } from "./preprocessing.ts";

const CALLER = "preprocessingFromHuggingFace";
const MOST_PIXELS = 2 ** 14;

type Channels = readonly number[];
type Size = number | readonly [number, number] | Readonly<Record<string, number>>;

/** Defaults of one image processor. */
interface Processor {
  readonly resample: 2 | 3;
  readonly mean: Channels;
  readonly std: Channels;
  readonly size: Size;
  /** Size of the crop, if the processor crops by default. */
  readonly crop?: number;
  /** Whether a plain number is the shortest edge rather than both. */
  readonly shortest?: true;
}

const HALF: Channels = [0.5, 0.5, 0.5];
const CLIP = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const;
const halves = { mean: HALF, std: HALF };
const shortest = true;
/** Processors by the first part of their class's name: `ViTImageProcessorFast`, `ViTFeatureExtractor`, … */
const PROCESSORS: Readonly<Record<string, Processor>> = {
  ViT: { resample: 2, ...halves, size: 224 },
  DeiT: { resample: 3, ...halves, size: 256, crop: 224 },
  Bit: { resample: 3, ...CLIP, size: { shortest_edge: 224 }, crop: 224, shortest },
  CLIP: { resample: 3, ...CLIP, size: { shortest_edge: 224 }, crop: 224, shortest },
  ConvNext: { resample: 3, ...halves, size: { shortest_edge: 384 }, shortest },
  MobileNetV1: { resample: 2, ...halves, size: { shortest_edge: 256 }, crop: 224, shortest },
  MobileNetV2: { resample: 2, ...halves, size: { shortest_edge: 256 }, crop: 224, shortest },
};
const RESAMPLES: readonly Resample[] = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"];

const EDGES: Check = either(
  sizeTo(MOST_PIXELS),
  sizesTo(MOST_PIXELS),
  check(
    "an object of height and width, or shortest_edge",
    (value) =>
      isObject(value) &&
      ["height,width", "shortest_edge"].includes(Object.keys(value).sort().join()) &&
      Object.values(value).every((side) => sizeTo(MOST_PIXELS).fits(side)),
  ),
);
/** What processors may do beside resizing, cropping, rescaling and normalizing. */
const OTHERS = [
  "do_pad",
  "do_flip_channel_order",
  "do_reduce_labels",
  "reduce_labels",
  "rescale_offset",
  "do_thumbnail",
  "do_grayscale",
];

/**
 * Returns the preprocessing of transformers' `preprocessor_config.json`, of ViT, DeiT, BiT (DINOv2's), CLIP, ConvNeXT and MobileNet.
 *
 * A `size` that is one number is both sides for ViT and DeiT, the shortest edge for the others; the newer forms say it. What
 * `do_resize`, `do_center_crop`, `do_rescale` or `do_normalize` switch off is left out, and absent fields have the processor's
 * defaults. ConvNeXT's `crop_pct` is written out. Images are RGB whatever `do_convert_rgb` says.
 *
 * @param json - The parsed file.
 * @throws RangeError for another processor, or one that does something else to images.
 * @see https://huggingface.co/docs/transformers/main_classes/image_processor
 *
 * @example
 * const { resize, centerCrop } = preprocessingFromHuggingFace({
 *   feature_extractor_type: "DeiTFeatureExtractor",
 *   ...{ size: 256, crop_size: 224, resample: 3, image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] },
 * });
 * console.log(resize, centerCrop); // { height: 256, width: 256 } [ 224, 224 ]
 */
export function preprocessingFromHuggingFace(json: unknown): Preprocessing {
  const read = fieldsOf(CALLER, json);
  const [name, own] = processorOf(read);
  for (const field of OTHERS) read(field, oneOf(false), false);
  const resample = read<number>("resample", oneOf(0, 1, 2, 3, 4, 5), own.resample);
  const resizes = read("do_resize", BOOLEAN, true);
  const size = edgesOf(read("size", EDGES, own.size), own.shortest === true);
  const crops = read("do_center_crop", BOOLEAN, own.crop !== undefined);
  const cropSize = edgesOf(read<Size>("crop_size", EDGES, own.crop ?? 224), false);
  if ("shortestEdge" in cropSize) throw refused(CALLER, "crop_size to have height and width", cropSize);
  const normalizes = read("do_normalize", BOOLEAN, true);
  const mean = read("image_mean", CHANNELS, own.mean);
  const std = read("image_std", CHANNELS, own.std);
  if (std.length !== mean.length || std.some((deviation) => deviation <= 0)) {
    throw refused(CALLER, `image_std to have ${mean.length} numbers > 0, as image_mean has`, std);
  }
  const rescale = read("do_rescale", BOOLEAN, true) ? read("rescale_factor", POSITIVE, 1 / 255) : 1;
  const cropped = { centerCrop: [cropSize.height, cropSize.width] as const };
  return {
    ...(resizes && { resize: size }),
    ...(crops && cropped),
    ...(name === "ConvNext" && resizes && convNext(read, size)),
    ...{ resample: RESAMPLES[resample]!, rescale },
    mean: normalizes ? mean : mean.map(() => 0),
    std: normalizes ? std : std.map(() => 1),
  };
}

function processorOf(read: ReadField): readonly [name: string, Processor] {
  const type = read<string | undefined>("image_processor_type", STRING, undefined);
  const said = type ?? read<string | undefined>("feature_extractor_type", STRING, undefined);
  const [, name] = /^(\w+?)(?:ImageProcessor(?:Fast|Pil)?|FeatureExtractor)$/.exec(said ?? "") ?? [];
  if (name === undefined || !Object.hasOwn(PROCESSORS, name)) {
    throw refused(CALLER, `image_processor_type to be that of ${Object.keys(PROCESSORS).join(", ")}`, said);
  }
  return [name, PROCESSORS[name]!];
}

function edgesOf(size: Size, isShortest: boolean): NonNullable<Preprocessing["resize"]> {
  if (typeof size === "number") return isShortest ? { shortestEdge: size } : { height: size, width: size };
  if (Array.isArray(size)) return { height: size[0], width: size[1] };
  const { shortest_edge: shortestEdge, height, width } = size as Readonly<Record<string, number>>;
  return shortestEdge === undefined ? { height: height!, width: width! } : { shortestEdge };
}

/** ConvNeXT: below 384 the shortest edge of what is cropped from, above it both sides of the image. */
function convNext(read: ReadField, size: NonNullable<Preprocessing["resize"]>): Partial<Preprocessing> {
  if (!("shortestEdge" in size))
    throw refused(CALLER, "size to have shortest_edge for ConvNextImageProcessor", size);
  const { shortestEdge: edge } = size;
  const share = read("crop_pct", POSITIVE, 224 / 256);
  if (edge >= 384) return { resize: { height: edge, width: edge } };
  return { resize: { shortestEdge: Math.trunc(edge / share) }, centerCrop: [edge, edge] };
}
