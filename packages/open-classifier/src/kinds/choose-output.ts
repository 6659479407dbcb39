/** Names of outputs with classes, the likeliest first. */
const USUAL = ["logits", "classification", "probabilities", "predictions", "probs", "output_0", "output"];

/** What is known of a model's outputs. */
export interface KnownOutputs {
  /** Output that the caller asks for. */
  readonly asked?: string | undefined;
  /** Other names of the outputs, such as keys of a signature. */
  readonly names?: ReadonlyMap<string, string>;
  /** Output of features, which is not one of classes. */
  readonly features?: string | undefined;
  readonly shapeOf: (name: string) => readonly number[] | undefined;
}

/**
 * Chooses the output with the classes: the one asked for, the only one, or the one of a usual name.
 *
 * @returns `undefined` if all outputs are features or maps.
 * @throws Error naming the path and the outputs if the one that is asked for does not exist, or which one is not clear.
 */
export function chooseOutput(
  path: string,
  outputs: readonly string[],
  { asked, names = new Map(), features, shapeOf }: KnownOutputs,
): string | undefined {
  const shown = (): string =>
    outputs.map((name) => `${names.get(name) ?? name} [${shapeOf(name)?.join(", ") ?? ""}]`).join(", ");
  if (asked !== undefined) {
    const found = outputs.find((name) => name === asked || names.get(name) === asked);
    if (found === undefined) throw new Error(`${path}: expected an output '${asked}', got ${shown()}`);
    return found;
  }
  const vectors = outputs.filter((name) => shapeOf(name)?.length === 2 && name !== features);
  if (vectors.length <= 1) return vectors[0];
  for (const usual of USUAL) {
    const found = vectors.find((name) => [name, names.get(name)].includes(usual));
    if (found !== undefined) return found;
  }
  throw new Error(`${path}: expected one output of classes, or one named logits, got ${shown()}`);
}
