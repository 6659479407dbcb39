import { pictureSource, splitPictures } from "image-source/browser";
import type { DataSource } from "train-loop";
import type { Settings } from "../../session/types.ts";
import { digestOf } from "../project/digest.ts";
import type { KeptPicture } from "../project/kept-picture.ts";

/** Share of the pictures that no model is trained on, so that they can judge it. */
const HELD_OUT = 0.2;

/** The batches of a training, and the pictures that judge it. */
export interface TrainingData {
  /** Pictures that are trained on. */
  readonly size: number;
  /** Shuffled, cropped and mirrored batches. */
  readonly train: (batchSize: number) => DataSource;
  /** Whole pictures; `undefined` if there are too few to hold some out. */
  readonly heldOut?: DataSource;
}

/**
 * Divides the pictures and makes batches of them.
 *
 * @throws Error if there are fewer than two classes, or a class without a picture to learn from.
 */
export function trainingData(
  pictures: readonly KeptPicture[],
  classNames: readonly string[],
  { imageSize, seed }: Settings,
): TrainingData {
  requireSome(pictures, classNames);
  const labeled = pictures.map(({ id, className, image }) => ({
    ...{ key: id, label: classNames.indexOf(className), image },
  }));
  const { train, validation: heldOut } = splitPictures(labeled, { heldOut: HELD_OUT, seed });
  const views = { classNames, imageSize, antialias: true, seed };
  return {
    size: train.length,
    train: (batchSize) => pictureSource(train, { ...views, batchSize, training: true }),
    ...(heldOut.length > 0 && {
      heldOut: pictureSource(heldOut, { ...views, batchSize: 32, training: false }),
    }),
  };
}

function requireSome(pictures: readonly KeptPicture[], classNames: readonly string[]): void {
  if (classNames.length < 2)
    throw new Error(
      `A model learns to tell classes apart: add a second one (there is ${classNames.length}).`,
    );
  const lonely = classNames.find((name) => pictures.filter(({ className }) => className === name).length < 2);
  if (lonely !== undefined) throw new Error(`The class '${lonely}' needs two pictures at least.`);
}

/** Digest of the pictures and their classes, in order, whatever these are called: a training goes on with the same ones only. */
export function picturesDigest(
  pictures: readonly KeptPicture[],
  classNames: readonly string[],
): Promise<string> {
  const text = pictures.map(({ id, className }) => `${id} ${classNames.indexOf(className)}`).join("\n");
  return digestOf(new TextEncoder().encode(text));
}
