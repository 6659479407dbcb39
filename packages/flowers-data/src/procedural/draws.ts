import { sampleKey, siteOf } from "sample-keys";
import { type Draws, drawsAt } from "../draws.ts";

export type { Draws };

const SITE = siteOf("procedural");

/** The draws of picture `index` of `seed`; each picture has its own. */
export function drawsOf(seed: number, index: number): Draws {
  return drawsAt(sampleKey(seed, 0, index), SITE);
}
