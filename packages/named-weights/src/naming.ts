import type { Layout } from "./layout.ts";

/** Names and layout of a model's weights in a file. */
export interface FileNames {
  readonly layout: Layout;
  /** The tensors that a weight is stored in: one, or its parts in the order of its first axis, such as q, k and v. */
  namesOf(key: string): readonly string[];
}

/** Where a tensor of a file belongs. */
export interface Place {
  /** The key of the model's weight. */
  readonly key: string;
  /** Which of the naming's `parts` it is. Default: the whole weight. */
  readonly part?: string;
}

/** How to read the names of a file. */
export interface Naming<Names extends string = string> extends FileNames {
  /** Library that the names come from, such as `"timm"`. */
  readonly names: Names;
  /** What the parts of a weight are called, in the order of its first axis. Default: none is stored in parts. */
  readonly parts?: readonly string[];
  /** Where a tensor belongs; `undefined` for one outside the network, such as an optimizer's. */
  placeOf(name: string): Place | undefined;
}
