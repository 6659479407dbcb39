import {
  firstNonFinite,
  requireLabels,
  requireLabelWeights,
  requireMultiHot,
  requireTargets,
  requireType,
  type TypedArray,
} from "known-options";
import { type Batch, MULTI_LABEL } from "sample-keys";
import { labelWeightsOf } from "../data/label-weights.ts";

/** Kinds of labels that are accepted. */
export interface AcceptedLabels {
  /** Whether rows without a label are accepted. Default false. */
  readonly unlabeled?: boolean;
  /** Whether rows have several labels: `true`, `false`, or `"any"` where labels do not matter. Default false. */
  readonly multiLabel?: boolean | "any";
}

/**
 * Checks all fields of a batch.
 *
 * tfjs accepts such data silently: a label out of range becomes a target of zeros, and NaN has an argmax.
 *
 * @param place - Beginning of the message: `"fit: epoch 1, batch 2"`.
 * @param accepts - `unlabeled`: whether rows without a label are accepted. `multiLabel`: whether rows have several, or may. Default false.
 * @throws TypeError for a field of the wrong type. RangeError for a wrong length or value, with its row.
 */
export function requireBatch(
  place: string,
  batch: Batch,
  classes: number,
  { unlabeled = false, multiLabel = false }: AcceptedLabels = {},
): void {
  const { images, shape, labels, sampleKeys, targets, viewKeys, teacherImages, teacherShape } = batch;
  requireType(place, "labels", labels, Int32Array);
  requireType(place, "sampleKeys", sampleKeys, Uint32Array);
  const rows = labels.length;
  if (rows === 0) throw new RangeError(`${place}: a batch must have at least one row, got none`);
  requireRows(place, "sampleKeys", sampleKeys, rows);
  if (batch.labelWeights !== undefined) requireLabelWeights(place, batch.labelWeights, rows);
  const weights = labelWeightsOf(batch);
  if (!unlabeled) requireLabeled(place, batch, classes);
  const several = requireOneKind(place, batch, multiLabel);
  if (!several) requireLabels(place, labels, classes, unlabeled);
  requireImages(place, "images", images, "shape", shape, rows);
  if (several) requireMultiHot(place, targets!, rows, classes);
  else if (targets !== undefined) {
    requireTargets(place, targets, rows, classes, (row) => weights === undefined || weights[row]! > 0);
  }
  if (viewKeys !== undefined) {
    requireType(place, "viewKeys", viewKeys, BigUint64Array);
    requireRows(place, "viewKeys", viewKeys, rows);
  }
  if (teacherImages !== undefined || teacherShape !== undefined) {
    requireImages(place, "teacherImages", teacherImages, "teacherShape", teacherShape, rows);
  }
}

/** Returns whether the rows have several labels. @throws RangeError if they do not have those of the task's kind. */
function requireOneKind(place: string, { labels, targets }: Batch, multiLabel: boolean | "any"): boolean {
  const several = multiLabel === "any" ? labels.includes(MULTI_LABEL) : multiLabel;
  const isOther = (label: number) => label !== -1 && (label === MULTI_LABEL) !== several;
  const other = labels.findIndex(isOther);
  if (other >= 0) {
    throw new RangeError(
      several
        ? `${place}: labels must be ${MULTI_LABEL} for samples with several labels, got ${labels[other]} at labels[${other}]; a task without multiLabel learns classes`
        : `${place}: labels must be classes, got ${MULTI_LABEL}, several labels, at labels[${other}]; they are for tasks with multiLabel: true`,
    );
  }
  if (several && targets === undefined)
    throw new RangeError(`${place}: samples with several labels must have targets, got none`);
  return several;
}

/** A task that knows nothing of labels' weights would take −1 for a class, and a mix's label for a whole one. */
function requireLabeled(place: string, { labels, labelWeights }: Batch, classes: number): void {
  const learners =
    "rows without a label are for the training of tasks with a teacher, such as tokenDistillation with an alpha above 0";
  const none = labels.indexOf(-1);
  if (none >= 0) {
    throw new RangeError(
      `${place}: labels must be integers in [0, ${classes}), for ${classes} classes, got -1 at labels[${none}]; ${learners}`,
    );
  }
  const part = labelWeights?.findIndex((weight) => weight < 1) ?? -1;
  if (part >= 0) {
    throw new RangeError(
      `${place}: labelWeights must be 1 here, got ${labelWeights![part]} in row ${part}; ${learners}`,
    );
  }
}

function requireImages(
  place: string,
  name: string,
  images: Float32Array | undefined,
  shapeName: string,
  shape: readonly number[] | undefined,
  rows: number,
): void {
  requireType(place, name, images, Float32Array);
  if (!Array.isArray(shape) || !shape.every((side) => Number.isInteger(side) && side >= 0)) {
    throw new TypeError(`${place}: ${shapeName} must be [batch, …sample], got ${JSON.stringify(shape)}`);
  }
  const [samples, ...sample] = shape as readonly number[];
  if (samples !== rows) {
    throw new RangeError(
      `${place}: ${shapeName} must begin with the number of labels, ${rows}, got [${shape}]`,
    );
  }
  const stride = sample.reduce((size, side) => size * side, 1);
  if (images.length !== rows * stride) {
    throw new RangeError(
      `${place}: ${name} of shape [${shape}] must hold ${rows * stride} numbers, got ${images.length}`,
    );
  }
  const bad = firstNonFinite(images);
  if (bad >= 0) {
    const row = Math.floor(bad / stride);
    throw new RangeError(
      `${place}: ${name} must be finite, got ${images[bad]} in row ${row}, number ${bad % stride} of it`,
    );
  }
}

function requireRows(place: string, name: string, { length }: TypedArray, rows: number): void {
  if (length !== rows) {
    throw new RangeError(`${place}: ${name} must have one entry a row, ${rows}, got ${length}`);
  }
}
