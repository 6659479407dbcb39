import type * as tfl from "@tensorflow/tfjs-layers";
import type { Builder, Weights } from "./builder.ts";
import type { Value } from "./value.ts";

/** One use of a layer in a model. */
export interface LayerCall {
  /** The layer's name, after those of the models that it lies in. */
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Value[];
  /** Shape of each output, as tfjs has it. */
  readonly shapes: readonly tfl.Shape[];
  /** The weight `<layer>/<name>`. */
  weight(name: string): NamedWeights;
  /** Whether the layer has that weight. */
  has(name: string): boolean;
}

/** A weight and its name in the file. */
export interface NamedWeights extends Weights {
  readonly name: string;
}

/** Adds the nodes of a layer, and returns its outputs. */
export type Converter = (call: LayerCall, to: Builder) => Value | readonly Value[];

/** An Error that names the layer. */
export function cannot(call: LayerCall, what: string): Error {
  return new Error(
    `toOnnx: the layer '${call.name}' of the class ${call.className} cannot be converted: ${what}`,
  );
}
