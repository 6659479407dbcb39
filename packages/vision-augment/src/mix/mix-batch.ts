import {
  check,
  FRACTION,
  type KindChecks,
  requireKind,
  requireLabels,
  requireLabelWeights,
  requireMultiHot,
  requireTargets,
} from "known-options";
import { type Batch, MULTI_LABEL } from "sample-keys";
import type { Mix } from "./mix-of.ts";
import { mixedViewKeys } from "./mixed-view-keys.ts";

const KINDS: KindChecks<Mix, "kind"> = {
  none: {},
  mixup: { lambda: FRACTION },
  cutmix: {
    lambda: FRACTION,
    middle: check(
      "[y, x], each in [0, 1]",
      (value) => Array.isArray(value) && value.length === 2 && value.every((side) => FRACTION.fits(side)),
    ),
  },
};

/**
 * Mixes row `i` of a batch with row `n − 1 − i`: images, teacher images and targets, as timm's `Mixup`.
 *
 * MixUp: `λ · row + (1 − λ) · partner`. CutMix: a box of the partner's image; λ of the targets is then the share of the student's
 * image outside the box. The middle row of an odd batch is its own partner. `labels` become those of the larger share, which is
 * what accuracy is measured on (timm prints none while training). With samples that nobody labeled (−1), a row's `labelWeights` are
 * its labeled share, `λ · row's + (1 − λ) · partner's`, and its targets the mix of its labeled parts alone. A mixed row's view key is made of its own, its partner's and the
 * mix's numbers. Of samples with several labels (−2), λ of the multi-hot targets too is a row's own. Nothing else of a batch changes a row, so
 * any pairs of it give the same rows by themselves (`rowsOfRank` of sample-keys).
 *
 * @param batch - Any number of rows. Not changed.
 * @param mix - Of all rows, or one a row (timm's modes `pair` and `elem`).
 * @param classes - Width of the targets.
 * @returns A batch with `targets`, not smoothed, zeros for a row with nothing labeled; its arrays are new, except the keys of samples and, if
 * nothing is mixed, the images.
 * @throws TypeError for an unknown field of a mix. RangeError if one is out of range, there is not one mix a row, a label or target
 * is not of the classes, or CutMix gets samples that are not images `[height, width, channels]`.
 *
 * @example
 * const batch = { images: Float32Array.of(0, 255), shape: [2, 1], labels: Int32Array.of(0, 4), sampleKeys: Uint32Array.of(1, 2) };
 * const mixed = mixBatch(batch, { kind: "mixup", lambda: 0.3 }, 5);
 * console.log(mixed.targets); // [0.3, 0, 0, 0, 0.7, 0.7, 0, 0, 0, 0.3]
 */
export function mixBatch<B extends Batch>(
  batch: B,
  mix: Mix | readonly Mix[],
  classes: number,
): B & { targets: Float32Array } {
  const given = Array.isArray(mix) ? (mix as readonly Mix[]) : [mix as Mix];
  for (const one of given) requireKind("mixBatch: mix", one, "kind", KINDS);
  const rows = batch.labels.length;
  const mixes = given === mix ? given : new Array<Mix>(rows).fill(given[0]!);
  if (mixes.length !== rows)
    throw new RangeError(`mixBatch: ${rows} rows need as many mixes, got ${mixes.length}`);
  const several = batch.targets !== undefined && batch.labels.includes(MULTI_LABEL);
  if (!several) requireLabels("mixBatch", batch.labels, classes, true);
  if (batch.labelWeights !== undefined) requireLabelWeights("mixBatch", batch.labelWeights, rows);
  const weights = labelWeightsOf(batch);
  if (several) requireMultiHot("mixBatch", batch.targets!, rows, classes);
  else if (batch.targets !== undefined) {
    const isLabeled = (row: number): boolean => weights === undefined || weights[row]! > 0;
    requireTargets("mixBatch", batch.targets, rows, classes, isLabeled);
  }
  const targets = batch.targets ?? oneHotRows(batch.labels, classes);
  const isMixed = mixes.some(({ kind }) => kind !== "none");
  const { teacherImages, teacherShape, viewKeys } = batch;
  const shares = mixes.map((one) => shareOf(one, batch.shape));
  // A row without a labeled share has no label to give to its partner.
  const labels = batch.labels.map((label, row) => (weights?.[row] === 0 ? -1 : label));
  return {
    ...batch,
    ...(isMixed && {
      images: mixRows(batch.images, batch.shape, mixes),
      ...(teacherImages && teacherShape && { teacherImages: mixRows(teacherImages, teacherShape, mixes) }),
      ...(viewKeys && { viewKeys: mixedViewKeys(viewKeys, mixes) }),
    }),
    ...(weights === undefined
      ? { targets: blendRows(targets, shares) }
      : blendLabeled(targets, weights, shares)),
    labels: labels.map((label, row) => (shares[row]! >= 0.5 ? label : labels[rows - 1 - row]!)),
  };
}

/** Labeled share of each row; `undefined` if all are labeled. */
function labelWeightsOf({ labels, labelWeights }: Batch): Float32Array | undefined {
  if (labelWeights !== undefined) return labelWeights;
  return labels.includes(-1) ? Float32Array.from(labels, (label) => (label === -1 ? 0 : 1)) : undefined;
}

/** Mixes labeled shares, and the targets of what is labeled, each row of which stays a distribution. */
function blendLabeled(
  targets: Float32Array,
  weights: Float32Array,
  shares: readonly number[],
): { targets: Float32Array; labelWeights: Float32Array } {
  const classes = targets.length / weights.length;
  const byRow = (factor: (weight: number) => number, of: Float32Array, each: Float32Array): Float32Array =>
    of.map((value, i) => value * factor(each[Math.floor(i / classes)]!));
  const labelWeights = blendRows(weights, shares);
  const labeled = blendRows(
    byRow((weight) => weight, targets, weights),
    shares,
  );
  const blended = byRow((weight) => (weight > 0 ? 1 / weight : 0), labeled, labelWeights);
  // Weighed and divided again, a row that is not mixed might be rounded.
  shares.forEach((share, row) => {
    if (share !== 1 || weights[row] === 0) return;
    blended.set(targets.subarray(row * classes, (row + 1) * classes), row * classes);
  });
  return { labelWeights, targets: blended };
}

/** A row's share of itself, as its targets get it. */
function shareOf(mix: Mix, shape: readonly number[]): number {
  if (mix.kind === "none") return 1;
  return mix.kind === "mixup" ? mix.lambda : shareOutside(shape, mix);
}

function mixRows(data: Float32Array, shape: readonly number[], mixes: readonly Mix[]): Float32Array {
  const blended = blendRows(
    data,
    mixes.map((mix) => (mix.kind === "mixup" ? mix.lambda : 1)),
  );
  mixes.forEach((mix, row) => {
    if (mix.kind === "cutmix") pasteBox(data, shape, mix, row, blended);
  });
  return blended;
}

/** Writes the box of row `row`'s partner into `target`. */
function pasteBox(
  data: Float32Array,
  shape: readonly number[],
  mix: CutMix,
  row: number,
  target: Float32Array,
): void {
  const { top, bottom, left, right } = boxOf(shape, mix);
  const [rows = 0, , width = 0, channels = 0] = shape;
  const stride = data.length / rows;
  const [own, partner] = [row * stride, (rows - 1 - row) * stride];
  for (let y = top; y < bottom; y++) {
    const from = (y * width + left) * channels;
    const to = (y * width + right) * channels;
    target.set(data.subarray(partner + from, partner + to), own + from);
  }
}

/** `λ · row i + (1 − λ) · row n − 1 − i`, each row with its own λ. */
function blendRows(data: Float32Array, lambdas: readonly number[]): Float32Array {
  const rows = lambdas.length;
  const stride = data.length / rows;
  const mixed = data.slice();
  lambdas.forEach((lambda, row) => {
    if (lambda === 1) return;
    const [own, partner] = [row * stride, (rows - 1 - row) * stride];
    for (let i = 0; i < stride; i++)
      mixed[own + i] = data[own + i]! * lambda + data[partner + i]! * (1 - lambda);
  });
  return mixed;
}

type CutMix = Extract<Mix, { kind: "cutmix" }>;

function shareOutside(shape: readonly number[], mix: CutMix): number {
  const { top, bottom, left, right } = boxOf(shape, mix);
  return 1 - ((bottom - top) * (right - left)) / (shape[1]! * shape[2]!);
}

function boxOf(shape: readonly number[], { lambda, middle }: CutMix) {
  const [, height = 0, width = 0] = shape;
  if (shape.length !== 4) {
    throw new RangeError(
      `mixBatch: CutMix needs images of shape [batch, height, width, channels], got [${shape}]`,
    );
  }
  const [top, bottom] = interval(height, lambda, middle[0]);
  const [left, right] = interval(width, lambda, middle[1]);
  return { top, bottom, left, right };
}

/** √(1 − λ) of a side about `middle`, cut off at the ends. */
function interval(side: number, lambda: number, middle: number): [start: number, end: number] {
  const length = Math.trunc(side * Math.sqrt(1 - lambda));
  const center = Math.floor(middle * side);
  return [Math.max(0, center - (length >> 1)), Math.min(side, center + ((length + 1) >> 1))];
}

function oneHotRows(labels: Int32Array, classes: number): Float32Array {
  const targets = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => {
    if (label >= 0) targets[row * classes + label] = 1;
  });
  return targets;
}
