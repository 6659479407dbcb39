import * as tf from "@tensorflow/tfjs-core";
import {
  COUNT,
  check,
  either,
  oneOf,
  optional,
  POSITIVE,
  requireArguments,
  requireOptions,
} from "known-options";
import { TEACHER, type Teacher } from "../teachers/teacher.ts";

/** Views of a picture: itself and its mirror image; four corners and the middle; those five and their mirror images. */
export type TestViews = "flip" | "five" | "ten";

/** Options of {@link averageViews}. */
export interface AverageViewsOptions {
  /** Which views. */
  readonly views: TestViews;
  /**
   * Size of the model's input in pixels: one number for a square, or `[height, width]`. Pictures may be larger: `five` and `ten` take
   * their crops from them.
   */
  readonly size: number | readonly [height: number, width: number];
  /** Each view's logits are divided by it. Default 1. */
  readonly temperature?: number;
}

const SIZE = either(
  COUNT,
  check(
    "[height, width]",
    (value) => Array.isArray(value) && value.length === 2 && value.every((side) => COUNT.fits(side)),
  ),
);
const CHECKS = { views: oneOf("flip", "five", "ten"), size: SIZE, temperature: optional(POSITIVE) };

/**
 * Returns a model that looks at several views of each picture (test-time augmentation): its probabilities are the mean of the
 * views' probabilities, its logits their logarithm.
 *
 * Crops of `five` and `ten` are those of AlexNet and torchvision's `FiveCrop` and `TenCrop`: the four corners and the middle,
 * `size` pixels square or `[height, width]`. `flip` takes the middle.
 *
 * @param model - From pictures `[batch, height, width, 3]`, 0…255, to logits. Stays the caller's.
 * @throws TypeError for an argument of the wrong type. RangeError for an option out of range; from `logits`, for pictures that are
 * smaller than `size`.
 * @see Krizhevsky et al. 2012, section 4.1
 *
 * @example
 * // Two views of one picture: one says 0.5, its mirror image 0.9.
 * const sides = { classes: 2, logits: (x: tf.Tensor) => tf.tensor2d([[x.dataSync()[0]!, 0]]) };
 * const both = averageViews(sides, { views: "flip", size: 2 });
 * const logits = await both.logits(tf.tensor4d([0, 0, 0, Math.log(9), 0, 0, 0, 0, 0, 0, 0, 0], [1, 2, 2, 3]));
 * console.log(tf.softmax(logits).dataSync()[0]!.toFixed(2)); // 0.70
 */
export function averageViews(model: Teacher, options: AverageViewsOptions): Teacher {
  const { views, size, temperature = 1 } = requireOptions("averageViews", options, CHECKS);
  requireArguments("averageViews", { model }, { model: TEACHER });
  const [high, wide] = typeof size === "number" ? [size, size] : size;
  return {
    classes: model.classes,
    outputs: "logits",
    async logits(images) {
      const [batch = 0, height = 0, width = 0, channels = 0] = images.shape;
      if (images.rank !== 4 || height < high || width < wide) {
        const least = typeof size === "number" ? `${size}` : `${high}x${wide}`;
        throw new RangeError(
          `averageViews: pictures must be at least ${least} pixels, got [${images.shape}]`,
        );
      }
      let sum: tf.Tensor2D | undefined;
      try {
        for (const { top, left, mirrored } of placesOf(views, height - high, width - wide)) {
          const view = tf.tidy(() => {
            const crop = tf.slice(images, [0, top, left, 0], [batch, high, wide, channels]);
            return mirrored ? tf.reverse(crop, 2) : crop;
          });
          let logits: tf.Tensor2D;
          try {
            logits = await model.logits(view);
          } finally {
            view.dispose();
          }
          const before: tf.Tensor2D | undefined = sum;
          sum = tf.tidy(() => {
            const shares = tf.softmax(tf.div(logits, temperature)) as tf.Tensor2D;
            return before === undefined ? shares : tf.add(before, shares);
          });
          tf.dispose([logits, ...(before === undefined ? [] : [before])]);
        }
        const count = views === "flip" ? 2 : views === "five" ? 5 : 10;
        // Probabilities that underflowed in all views count as 2^-126, as those of a model that ends in a softmax do.
        return tf.tidy(() => tf.log(tf.maximum(tf.div(sum!, count), 2 ** -126)) as tf.Tensor2D);
      } finally {
        sum?.dispose();
      }
    },
  };
}

interface Place {
  readonly top: number;
  readonly left: number;
  readonly mirrored: boolean;
}

/** Crops for pictures that are higher and wider by so many pixels. */
function placesOf(views: TestViews, high: number, wide: number): Place[] {
  const middle = { top: Math.round(high / 2), left: Math.round(wide / 2) };
  const corners = [0, high].flatMap((top) => [0, wide].map((left) => ({ top, left })));
  const crops = views === "flip" ? [middle] : [...corners, middle];
  const sides = views === "five" ? [false] : [false, true];
  return sides.flatMap((mirrored) => crops.map((crop) => ({ ...crop, mirrored })));
}
