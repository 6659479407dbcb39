import type * as tfl from "@tensorflow/tfjs-layers";
import type { Teacher } from "distill-trainer";
import type { ModelResult } from "../runs/run-result.ts";

/** A teacher that knows the data's classes. */
export interface ReadyTeacher {
  /** Teacher of the data's classes, in their order. */
  readonly teacher: Teacher;
  readonly model: tfl.LayersModel;
  /** Pixels, square. */
  readonly imageSize: number;
  /** What it is, for people: goes on after "The teacher:". */
  readonly description: string;
  readonly result: ModelResult;
}
