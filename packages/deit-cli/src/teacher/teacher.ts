import type { LayeredTeacher } from "distill-trainer";
import type { Classifier, ModelNotes } from "open-classifier";
import type { PictureSize } from "vision-augment";
import type { ModelResult } from "../runs/run-result.ts";

/** A teacher of the data's classes, with its result. */
export interface ReadyTeacher {
  readonly teacher: LayeredTeacher;
  readonly classifier: Classifier;
  /** Notes that are found out in use, and saved with it. */
  readonly notes?: ModelNotes;
  /** Pixels: one number for squares, or `[height, width]`. */
  readonly imageSize: PictureSize;
  /** Description for people: continues "The teacher:". */
  readonly description: string;
  readonly result: ModelResult;
}
