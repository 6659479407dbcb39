import { type Check, having, requireArguments, STRING } from "known-options";

/** A revision of a model's repository on the Hugging Face Hub. */
export interface HubName {
  /** `owner/name`. */
  readonly id: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

/** Checks an object that is to be a {@link HubName}. */
export const HUB_NAME: Check = having(
  "a name from hubName",
  ({ id, revision }) =>
    typeof id === "string" && /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(id) && isRevision(revision),
);

/**
 * Reads `hf:owner/name`, `owner/name`, `hf:owner/name@revision` or `owner/name@revision`.
 *
 * @returns `undefined` for other texts, and for what may be a path: without `hf:` in front, a name that ends as a file does.
 *
 * @example
 * console.log(hubName("hf:facebook/deit-tiny-patch16-224@main")); // { id: 'facebook/deit-tiny-patch16-224', revision: 'main' }
 */
export function hubName(text: string): HubName | undefined {
  requireArguments("hubName", { text }, { text: STRING });
  const name = /^(hf:)?([\w-][\w.-]*\/[\w-][\w.-]*?)(?:@([\w./-]+))?$/.exec(text);
  if (name === null) return undefined;
  const [, prefix, id, revision = "main"] = name;
  if (prefix === undefined && /\.(safetensors|json|bin|pth|pt|npz|zip|onnx)$/.test(text)) return undefined;
  return isRevision(revision) ? { id: id!, revision } : undefined;
}

/** Returns a name as it is shown: `owner/name`, or `owner/name@revision` for another revision than `main`. */
export function shownName({ id, revision }: HubName): string {
  return revision === "main" ? id : `${id}@${revision}`;
}

/** Whether a text can be a revision: the name of a branch cannot have parts of dots only, and a path out of the cache has them. */
function isRevision(revision: unknown): revision is string {
  return (
    typeof revision === "string" &&
    /^[\w./-]+$/.test(revision) &&
    !revision.split("/").some((part) => /^\.*$/.test(part))
  );
}
