import type * as tfl from "@tensorflow/tfjs-layers";
import type { LayeredTeacher } from "distill-trainer";
import type { ModelResult } from "../runs/run-result.ts";

/** A teacher of the data's classes, with its result. */
export interface ReadyTeacher {
  readonly teacher: LayeredTeacher;
  readonly model: tfl.LayersModel;
  /** Pixels, square. */
  readonly imageSize: number;
  /** Description for people: continues "The teacher:". */
  readonly description: string;
  readonly result: ModelResult;
}
