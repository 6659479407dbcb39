import { averageViews, type TestViews } from "distill-trainer";
import { sidesOf } from "vision-augment";
import { UsageError } from "../process/usage-error.ts";
import type { OpenedModel } from "./open-model.ts";

/** How a model looks at pictures: the size that they are resized to, and its answers for them. */
export type ViewedModel = Pick<
  OpenedModel,
  "answers" | "classNames" | "multiLabel" | "imageSize" | "centerCrop" | "upright"
>;

/** Share of a picture's side that a crop has, of a model that was judged on whole pictures; ImageNet's 224 of 256. */
const CROP = 0.875;

/**
 * A model that averages its probabilities over several views of each picture. Crops are taken from a picture that is larger by its
 * center crop (else by 256 / 224), so that their middle is what the model sees otherwise.
 *
 * @param views - Default: one view, the model's own.
 * @throws UsageError for several views of a model of several labels.
 */
export function viewedModel(opened: OpenedModel, views?: TestViews): ViewedModel {
  if (views === undefined) return opened;
  if (opened.multiLabel) {
    throw new UsageError(
      `--tta: expected a model of one class a picture, whose probabilities are a softmax's, got ${opened.path}, of several`,
    );
  }
  const { answers, centerCrop, classNames, multiLabel, upright } = opened;
  const own = {
    classNames,
    multiLabel,
    upright,
    answers: averageViews(answers, { views, size: opened.imageSize }),
  };
  if (views === "flip") return { ...own, imageSize: opened.imageSize, ...(centerCrop && { centerCrop }) };
  const [height, width] = sidesOf(opened.imageSize).map((side) =>
    Math.round(side / (centerCrop?.ratio ?? CROP)),
  ) as [number, number];
  return {
    ...own,
    imageSize: height === width ? height : [height, width],
    ...(centerCrop && { centerCrop: { ...centerCrop, ratio: 1 } }),
  };
}
