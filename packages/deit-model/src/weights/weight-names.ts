import type { Naming, Place } from "named-weights";
import { huggingFaceNames, huggingFaceParts, huggingFacePlace, MASK_TOKEN } from "./hugging-face-names.ts";
import type { ModelKind } from "./model-kind.ts";

/** Naming of a weights file's tensors: timm's (and facebookresearch/deit's and dinov2's), or transformers'. */
export type WeightNames = "timm" | "huggingface";

/**
 * Returns the naming of a file.
 *
 * @param kind - The model that its weights are for.
 */
export function namingOf(names: Iterable<string>, kind: ModelKind): Naming<WeightNames> {
  const theirs = [...names].some((name) => huggingFacePlace(name, kind) !== undefined);
  const layout = "torch";
  if (!theirs) return { names: "timm", layout, placeOf: timmPlace, namesOf: (key) => [key] };
  return {
    ...{ names: "huggingface", layout, parts: huggingFaceParts },
    placeOf: (name) =>
      name.endsWith(MASK_TOKEN) ? undefined : (huggingFacePlace(name, kind) ?? { key: name }),
    namesOf: (key) => huggingFaceNames(key, kind),
  };
}

/** Names in the repositories of DINOv2 and DeiT III that are not timm's. */
const FACEBOOK: readonly (readonly [RegExp, string])[] = [
  [/^register_tokens$/, "reg_token"],
  [/^(blocks\.\d+\.mlp)\.w12\.(weight|bias)$/, "$1.fc1.$2"],
  [/^(blocks\.\d+\.mlp)\.w3\.(weight|bias)$/, "$1.fc2.$2"],
  [/^(blocks\.\d+)\.gamma_([12])$/, "$1.ls$2.gamma"],
];

function timmPlace(name: string): Place {
  return { key: FACEBOOK.reduce((key, [pattern, timm]) => key.replace(pattern, timm), name) };
}
