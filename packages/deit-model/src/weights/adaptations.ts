import type { Comparison, Differences } from "named-weights";
import { type PositionOptions, positionChange, tokenChange } from "./position-change.ts";
import { selectionChange } from "./selection-change.ts";

/**
 * A difference between a file and a model that may be accepted.
 *
 * - `"classes"`: a head is missing or has another number of classes; the model keeps its own.
 * - `"distillation"`: the file has no distillation token and the model keeps its own token, position and head; or the
 *   model has none and they are left out.
 * - `"positions"`: the resolution differs; the position embedding is interpolated.
 * - `"extra"`: tensors outside the network are left out: a pooler, a mask token, a decoder, a projector, the head or
 *   classifier of another task, counters. Never a tensor inside it (a block, LayerScale, a norm of q or k, registers) or of
 *   unknown purpose, without which the model would compute something else.
 * - `"selection"`: the file's model is larger; the model starts from evenly spaced elements of each tensor and from the first
 *   blocks (see {@link selectElements}). Heads stay the model's own.
 */
export type Adaptation = "classes" | "distillation" | "positions" | "extra" | "selection";

/** All adaptations. */
export const ADAPTATIONS: readonly Adaptation[] = [
  "classes",
  "distillation",
  "positions",
  "extra",
  "selection",
];

/** Keys that `"extra"` may leave out. */
const BESIDE_NETWORK =
  /^(?!blocks\.|(?:\w+\.)?(?:encoder\.)?layers?\.)(?:.*\.)?(?:pooler|mask_token|decoder\w*|\w*projector|projection\w*|\w+_head|head_\w+|\w*classifier|position_ids|num_batches_tracked)(?:\.|$)/;

/**
 * Returns the differences that vision transformers can have, and those that the caller accepts.
 *
 * @param depth - Number of the model's blocks.
 */
export function adaptations(
  adapt: readonly Adaptation[],
  positions: PositionOptions,
  depth: number,
): Differences<Adaptation> {
  return {
    accepted: adapt,
    optionFor: (refused) => `adapt: [${refused.map((one) => `"${one}"`).join(", ")}]`,
    missing: absent,
    unexpected: (key) => absent(key) ?? left(key, depth),
    changed(comparison) {
      const { key } = comparison;
      if (key.startsWith("head")) {
        if (adapt.includes("selection")) return { needs: ["selection"] };
        return hasOtherClasses(comparison) ? { needs: ["classes"] } : undefined;
      }
      const moved = (one: Comparison) =>
        key === "pos_embed" ? positionChange(one, positions) : tokenChange(one, positions);
      return selectionChange(comparison, moved) ?? moved(comparison);
    },
  };
}

/** Returns the adaptation that allows a tensor of the file to be left out. */
function left(key: string, depth: number): Adaptation | undefined {
  const [, block] = /^blocks\.(\d+)\./.exec(key) ?? [];
  if (block !== undefined && Number(block) >= depth) return "selection";
  return BESIDE_NETWORK.test(key) ? "extra" : undefined;
}

/** Returns the adaptation that allows a weight to be absent. */
function absent(key: string): Adaptation | undefined {
  if (key === "dist_token" || key.startsWith("head_dist.")) return "distillation";
  return key.startsWith("head.") ? "classes" : undefined;
}

/** Whether only the number of a head's classes differs. */
function hasOtherClasses({ found, expected }: Comparison): boolean {
  const [[classes, ...rest], [own, ...ownRest]] = [found, expected];
  return classes !== own && rest.join() === ownRest.join();
}
