import { existsSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type { ModelOutputs, Preprocess, Teacher } from "distill-trainer";
import {
  type Classifier,
  type CropNote,
  openClassifier,
  type Pixels,
  runStudent,
  withoutModel,
} from "open-classifier";
import type { PictureSize } from "vision-augment";
import { UsageError } from "../process/usage-error.ts";
import "./known-layers.ts";

/** A saved classifier, ready for pictures. */
export interface OpenedModel {
  readonly path: string;
  readonly classifier: Classifier;
  /** From pictures in 0…255 to logits, calibrated if the model has a temperature. */
  readonly answers: Teacher;
  /** Temperature of its calibration. Default: it is not calibrated. */
  readonly temperature?: number;
  readonly classNames: readonly string[];
  /** Whether a picture may have several classes: probabilities are of a sigmoid each, not of a softmax. */
  readonly multiLabel: boolean;
  /** Pixels: one number for squares, or `[height, width]`. */
  readonly imageSize: PictureSize;
  /** From pictures in 0…255 to the model's input. */
  readonly preprocess: Preprocess;
  /** Whether photos are rotated by their EXIF orientation. Default true. */
  readonly upright: boolean;
  /** Center crop of pictures. Default: whole pictures. */
  readonly centerCrop?: CropNote;
}

/** Input and output of a model, in place of those in its notes. */
export interface ModelUse {
  readonly pixels?: Pixels | undefined;
  readonly outputs?: ModelOutputs | undefined;
}

/**
 * Opens a saved model of any format.
 *
 * @param path - Its folder or file, or a run's folder: its distilled student, else the one alone.
 * @throws UsageError for a model without class names, or a run without a student. Error naming a file that is not a model, or has
 * weights that are not finite.
 */
export async function openModel(path: string, { pixels, outputs }: ModelUse = {}): Promise<OpenedModel> {
  const classifier = await openClassifier(modelFolderOf(path), { pixels, outputs });
  try {
    return described(classifier);
  } catch (error) {
    classifier.dispose();
    throw error;
  }
}

/** Path of a saved model: the path itself, or of a run its student. @throws UsageError for a run without a student. */
export function modelFolderOf(path: string): string {
  const folder = existsSync(join(path, "settings.json")) ? runStudent(path) : path;
  if (folder === undefined)
    throw new UsageError(`--model: expected a run with a trained student, got ${withoutModel(path)}`);
  return folder;
}

function described(classifier: Classifier): OpenedModel {
  const { path, classNames, teacher, notes, imageSize, preprocess, centerCrop } = classifier;
  const { temperature, multiLabel = false, upright = true } = notes;
  if (teacher === undefined)
    throw new UsageError(`${path}: expected a classifier, got ${classifier.found}; see 'embed' for features`);
  if (classNames === undefined) {
    throw new UsageError(
      `${path}: expected a model that names its ${teacher.classes} classes, as those saved by 'train' do, got no names ` +
        "(labels.txt beside it may have them, one a line)",
    );
  }
  return {
    ...{ path, classifier, classNames, multiLabel, imageSize, preprocess, upright },
    answers: temperature === undefined ? teacher : calibrated(teacher, temperature),
    ...(temperature !== undefined && { temperature }),
    ...(centerCrop && { centerCrop }),
  };
}

/** A teacher whose logits are divided by a temperature. */
function calibrated(teacher: Teacher, temperature: number): Teacher {
  return {
    classes: teacher.classes,
    outputs: "logits",
    async logits(images) {
      const logits = await teacher.logits(images);
      const divided = tf.tidy(() => tf.div(logits, temperature) as tf.Tensor2D);
      logits.dispose();
      return divided;
    },
  };
}
