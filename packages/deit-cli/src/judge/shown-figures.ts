import type { Measured } from "./measure.ts";

/** A share with its name. */
export interface ShownFigure {
  readonly name: string;
  readonly value: number;
}

/** The part of a result that decides its figures. */
export interface Shown extends Pick<Measured, "valAccuracy" | "multiLabel"> {
  /** Mean of the classes' recalls, where it is known. */
  readonly macroRecall?: number;
}

/** The figures by which a model is judged, its headline's first: accuracy, or those of pictures with several labels. */
export function shownFigures({
  valAccuracy,
  macroRecall,
  multiLabel,
}: Shown): readonly [ShownFigure, ...ShownFigure[]] {
  if (multiLabel === undefined) {
    const recall = macroRecall === undefined ? [] : [{ name: "macro recall", value: macroRecall }];
    return [{ name: "accuracy", value: valAccuracy }, ...recall];
  }
  return [
    { name: "mAP", value: multiLabel.map },
    { name: "macro recall", value: multiLabel.macroRecall },
    { name: "macro F1", value: multiLabel.macroF1 },
    { name: "exact match", value: multiLabel.exactMatch },
  ];
}
