import { createHash } from "node:crypto";
import type { Split } from "image-source/node";
import { LIST, requireArguments } from "known-options";

const TRAIN_PERCENT = 90;

/**
 * TensorFlow Datasets' `train[:90%]` and `train[90%:]`, rebuilt from the file names.
 *
 * Keys are ordered by `md5("train" + key)`; the first `round(0.9 n)` train (a half is rounded to the even number, as
 * Python does), the others validate. For the whole of tf_flowers 3.0.1 these are exactly its 3,303 and 367 photos.
 *
 * @returns Positions in the list of keys, in the order of their hashes.
 * @param keys - `"<class folder>/<file>"`, for instance `"roses/102501987_3cdb8e5394_n.jpg"`.
 * @throws RangeError if two keys are equal, or there are too few for both parts to hold one.
 * @see https://github.com/tensorflow/datasets/blob/v4.9.3/tensorflow_datasets/core/hashing.py
 *
 * @example
 * const { train, validation } = tfdsSplit(["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg", "b/3.jpg", "b/4.jpg"]);
 * console.log(train.length, validation.length); // 5 1
 */
export function tfdsSplit(keys: readonly string[]): Split {
  requireArguments("tfdsSplit", { keys }, { keys: LIST });
  const hashes = keys.map((key) => createHash("md5").update(`train${key}`).digest("hex"));
  const order = Int32Array.from(keys.keys()).sort((a, b) => (hashes[a]! < hashes[b]! ? -1 : 1));
  for (let i = 1; i < order.length; i++) {
    if (hashes[order[i]!] === hashes[order[i - 1]!]) {
      throw new RangeError(`tfdsSplit: keys must differ, got '${keys[order[i]!]}' twice`);
    }
  }
  const boundary = roundHalfToEven((keys.length * TRAIN_PERCENT) / 100);
  if (boundary === 0 || boundary === keys.length) {
    throw new RangeError(`tfdsSplit: expected enough images for training and validation, got ${keys.length}`);
  }
  return { train: order.slice(0, boundary), validation: order.slice(boundary) };
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
