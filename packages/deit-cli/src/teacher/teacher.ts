import type { LayeredTeacher } from "distill-trainer";
import type { Classifier, ModelNotes } from "open-classifier";
import type { ModelResult } from "../runs/run-result.ts";

/** A teacher of the data's classes, with its result. */
export interface ReadyTeacher {
  readonly teacher: LayeredTeacher;
  readonly classifier: Classifier;
  /** Notes that are found out in use, and saved with it. */
  readonly notes?: ModelNotes;
  /** Pixels, square. */
  readonly imageSize: number;
  /** Description for people: continues "The teacher:". */
  readonly description: string;
  readonly result: ModelResult;
}
