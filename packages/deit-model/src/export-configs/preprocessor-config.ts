import type { Preprocessing } from "../configs/preprocessing.ts";
import { RESAMPLES, requirePreprocessing } from "./require-preprocessing.ts";
/**
 * Returns the contents of `preprocessor_config.json`, which transformers and transformers.js read.
 *
 * The image processor is the one that does this in every version of both: `ViTImageProcessor` resizes to both sides,
 * `DeiTImageProcessor` crops from that, `BitImageProcessor` crops from a shortest edge. All fields are written out, as their defaults
 * differ.
 *
 * @throws TypeError for an unknown field. RangeError for a value that does not fit, or mean and std of different lengths.
 * @see https://huggingface.co/docs/transformers/main_classes/image_processor
 *
 * @example
 * const json = preprocessorConfig({
 *   ...{ resize: { height: 48, width: 48 }, resample: "bilinear", rescale: 1 / 255 },
 *   ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
 * });
 * console.log(json.image_processor_type, json.size); // ViTImageProcessor { height: 48, width: 48 }
 */
export function preprocessorConfig(preprocessing: Preprocessing): Record<string, unknown> {
  requirePreprocessing("preprocessorConfig", preprocessing);
  const { resize, resample, centerCrop, rescale, mean, std } = preprocessing;
  const isShortest = resize !== undefined && "shortestEdge" in resize;
  return {
    image_processor_type: isShortest
      ? "BitImageProcessor"
      : `${centerCrop === undefined ? "ViT" : "DeiT"}ImageProcessor`,
    do_convert_rgb: true,
    do_resize: resize !== undefined,
    ...(resize && { size: isShortest ? { shortest_edge: resize.shortestEdge } : resize }),
    resample: RESAMPLES.indexOf(resample),
    do_center_crop: centerCrop !== undefined,
    ...(centerCrop && { crop_size: { height: centerCrop[0], width: centerCrop[1] } }),
    do_rescale: true,
    rescale_factor: rescale,
    do_normalize: true,
    image_mean: mean,
    image_std: std,
  };
}
