import type * as tfl from "@tensorflow/tfjs-layers";
import { IMAGENET_NORMALIZATION } from "distill-trainer";
import { setInputRange } from "./input-range.ts";
import { addNotes, notesOf } from "./notes.ts";

/** Names of inputs that models take, for options. */
export const PIXELS = ["bytes", "unit", "symmetric", "imagenet"] as const;

export type Pixels = (typeof PIXELS)[number];

const RANGES = { bytes: [0, 255], unit: [0, 1], symmetric: [-1, 1] } as const;

/** Notes a model's input, in place of an earlier note. */
export function setPixels(model: tfl.LayersModel, pixels: Pixels): void {
  const { normalization: _, ...others } = notesOf(model);
  model.setUserDefinedMetadata({ ...others });
  if (pixels === "imagenet") addNotes(model, { normalization: IMAGENET_NORMALIZATION });
  else setInputRange(model, RANGES[pixels]);
}
