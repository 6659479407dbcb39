import type { Comparison, Differences } from "named-weights";
import { type PositionOptions, positionChange } from "./position-change.ts";

/**
 * A difference between a file and a model that the caller accepts.
 *
 * - `"classes"`: heads for another number of classes, or absent ones: the model keeps its own.
 * - `"distillation"`: a plain file for a distilled model, which keeps its own distillation token, its position and its
 *   head; or the reverse, which leaves them out.
 * - `"positions"`: another resolution: the position embedding is interpolated.
 * - `"extra"`: tensors beside the network are left out: a pooler, a mask token, a decoder, a projector, the head or classifier
 *   of another task, counters. Never one inside it (a block, LayerScale, a norm of q or k, registers, another norm), nor one
 *   of unknown purpose: without it the model would compute something else than the file's.
 */
export type Adaptation = "classes" | "distillation" | "positions" | "extra";

/** All of them. */
export const ADAPTATIONS: readonly Adaptation[] = ["classes", "distillation", "positions", "extra"];

/** What `"extra"` may leave out, by its key. */
const BESIDE_NETWORK =
  /^(?!blocks\.|(?:\w+\.)?(?:encoder\.)?layers?\.)(?:.*\.)?(?:pooler|mask_token|decoder\w*|\w*projector|projection\w*|\w+_head|head_\w+|\w*classifier|position_ids|num_batches_tracked)(?:\.|$)/;

/** The differences that a vision transformer knows, and those that the caller accepts. */
export function adaptations(
  adapt: readonly Adaptation[],
  positions: PositionOptions,
): Differences<Adaptation> {
  return {
    accepted: adapt,
    optionFor: (refused) => `adapt: [${refused.map((one) => `"${one}"`).join(", ")}]`,
    missing: absent,
    unexpected: (key) => absent(key) ?? (BESIDE_NETWORK.test(key) ? "extra" : undefined),
    changed(comparison) {
      if (comparison.key === "pos_embed") return positionChange(comparison, positions);
      return hasOtherClasses(comparison) ? { needs: ["classes"] } : undefined;
    },
  };
}

/** What lets a weight be absent. */
function absent(key: string): Adaptation | undefined {
  if (key === "dist_token" || key.startsWith("head_dist.")) return "distillation";
  return key.startsWith("head.") ? "classes" : undefined;
}

/** Whether it is a head, and the number of classes alone differs. */
function hasOtherClasses({ key, found, expected }: Comparison): boolean {
  const [[classes, ...rest], [own, ...ownRest]] = [found, expected];
  return key.startsWith("head") && classes !== own && rest.join() === ownRest.join();
}
