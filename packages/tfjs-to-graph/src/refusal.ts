import type { LayerPlace } from "./trace/traced.ts";

/** Reason why a model cannot be converted. */
export class Refusal extends Error {}

/** The error of a model that cannot be converted: it names the layer and the reason. */
export function refused(layer: LayerPlace, reason: string, cause?: unknown): Refusal {
  const who = layer.path === "" ? "the model" : `layer '${layer.path}' of class ${layer.className}`;
  return new Refusal(
    `toGraphModel: ${who} cannot be converted: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}
