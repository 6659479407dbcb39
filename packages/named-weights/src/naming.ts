import type { Layout } from "./layout.ts";

/** Names and layout of a model's weights in a file. */
export interface FileNames {
  readonly layout: Layout;
  /** Returns the tensors of a weight: one, or its parts in the order of the first axis, such as q, k and v. */
  namesOf(key: string): readonly string[];
}

/** Weight, or part of one, that a file's tensor belongs to. */
export interface Place {
  /** Key of the model's weight. */
  readonly key: string;
  /** Name of the part, one of the naming's `parts`. Default: the whole weight. */
  readonly part?: string;
}

/** Naming of a file's tensors. */
export interface Naming<Names extends string = string> extends FileNames {
  /** Library that the names come from, such as `"timm"`. */
  readonly names: Names;
  /** Names of a weight's parts, in the order of its first axis, or a function of its key. Default: no weight is stored in parts. */
  readonly parts?: readonly string[] | ((key: string) => readonly string[]);
  /** Returns the place of a tensor; `undefined` for one outside the network, such as an optimizer's. */
  placeOf(name: string): Place | undefined;
}
