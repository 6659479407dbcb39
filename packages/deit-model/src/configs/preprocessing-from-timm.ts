import { type Check, check, oneOf } from "known-options";
import { CHANNELS, fieldsOf, refused, sizeTo } from "./fields.ts";
import type { Preprocessing, Resample } from "./preprocessing.ts";

const CALLER = "preprocessingFromTimm";
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const INPUT: Check = check(
  "[channels, height, width], integers in [1, 16384]",
  (value) => Array.isArray(value) && value.length === 3 && value.every((side) => sizeTo(2 ** 14).fits(side)),
);
const SHARE: Check = check(
  "a number in [1/16, 1]",
  (value) => typeof value === "number" && value >= 1 / 16 && value <= 1,
);

/**
 * Returns the preprocessing of timm's `pretrained_cfg`, as `create_transform` makes it for evaluation.
 *
 * The image is resized to `floor(input / crop_pct)` and the center cropped: by its shorter side with `crop_mode` `"center"`, without
 * its aspect ratio with `"squash"`. The size is `input_size`, not the larger `test_input_size` that some have.
 *
 * @param json - The parsed `pretrained_cfg`, also that of an older file without one.
 * @throws RangeError for `crop_mode` `"border"`, `"center"` of an input that is not square, or a value that does not fit.
 * @see https://github.com/huggingface/pytorch-image-models/blob/main/timm/data/transforms_factory.py
 *
 * @example
 * const { resize } = preprocessingFromTimm({ input_size: [3, 224, 224], crop_pct: 0.9, interpolation: "bicubic" });
 * console.log(resize); // { shortestEdge: 248 }
 */
export function preprocessingFromTimm(json: unknown): Preprocessing {
  const read = fieldsOf(CALLER, json);
  const [channels = 3, height = 224, width = 224] = read<readonly number[]>(
    "input_size",
    INPUT,
    [3, 224, 224],
  );
  const share = read("crop_pct", SHARE, 0.875);
  const mode = read<"center" | "squash">("crop_mode", oneOf("center", "squash"), "center");
  const resample = read<Resample>(
    "interpolation",
    oneOf("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"),
    "bicubic",
  );
  const mean = eachChannel(read("mean", CHANNELS, IMAGENET.mean as readonly number[]), "mean", channels);
  const std = eachChannel(read("std", CHANNELS, IMAGENET.std as readonly number[]), "std", channels);
  if (std.some((deviation) => deviation <= 0)) throw refused(CALLER, "std to have numbers > 0", std);
  const [high, wide] = [height, width].map((side) => Math.floor(side / share)) as [number, number];
  if (mode === "center" && high !== wide) {
    throw refused(CALLER, "crop_mode to be 'squash' for an input that is not square", mode);
  }
  return {
    resize: mode === "squash" ? { height: high, width: wide } : { shortestEdge: high },
    ...{ resample, centerCrop: [height, width], rescale: 1 / 255, mean, std },
  };
}

/** timm repeats one number for all channels. */
function eachChannel(values: readonly number[], name: string, channels: number): readonly number[] {
  const all = values.length === 1 ? Array.from({ length: channels }, () => values[0]!) : values;
  if (all.length !== channels) throw refused(CALLER, `${name} to have ${channels} numbers`, values);
  return all;
}
