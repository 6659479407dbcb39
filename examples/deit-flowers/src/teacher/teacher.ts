import type * as tfl from "@tensorflow/tfjs-layers";
import type { Preprocess, Teacher } from "distill-trainer";
import type { ModelResult } from "../run-result.ts";

/** A teacher that knows the data's classes. */
export interface ReadyTeacher {
  readonly teacher: Teacher;
  readonly model: tfl.LayersModel;
  /** From images in 0…255 to the model's input. */
  readonly preprocess: Preprocess;
  /** Pixels, square. */
  readonly imageSize: number;
  /** What it is, for people: goes on after "The teacher:". */
  readonly description: string;
  readonly result: ModelResult;
}
