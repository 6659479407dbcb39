import type * as tfl from "@tensorflow/tfjs-layers";
import { IMAGENET_NORMALISATION } from "distill-trainer";
import { setInputRange } from "./input-range.ts";
import { addNotes, notesOf } from "./notes.ts";

/** What a model can take pixels as, by the name that options give it. */
export const PIXELS = ["bytes", "unit", "symmetric", "imagenet"] as const;

export type Pixels = (typeof PIXELS)[number];

const RANGES = { bytes: [0, 255], unit: [0, 1], symmetric: [-1, 1] } as const;

/** Notes in a model what it takes, in the place of what it said. */
export function setPixels(model: tfl.LayersModel, pixels: Pixels): void {
  const { normalization: _, ...others } = notesOf(model);
  model.setUserDefinedMetadata({ ...others });
  if (pixels === "imagenet") addNotes(model, { normalization: IMAGENET_NORMALISATION });
  else setInputRange(model, RANGES[pixels]);
}
