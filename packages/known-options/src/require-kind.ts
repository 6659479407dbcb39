import { ANY } from "./check.ts";
import { type Checks, requireOptions } from "./require-options.ts";

type OfKind<Options, Tag extends keyof Options, Kind> = Options extends { readonly [Key in Tag]: infer Own }
  ? Kind extends Own
    ? Options
    : never
  : never;

/** Checks for each kind of a union, without its tag. */
export type KindChecks<Options, Tag extends keyof Options> = {
  readonly [Kind in Options[Tag] & string]: Checks<Omit<OfKind<Options, Tag, Kind>, Tag>>;
};

/**
 * Checks an options object of a discriminated union, as {@link requireOptions} does.
 *
 * @param tag - The key that tells the kinds apart.
 * @param kinds - By the tag's value: checks of the other keys.
 * @returns The same object.
 * @throws TypeError if `options` is not an object or has a key that its kind does not have. RangeError for an unknown kind or
 * a value that does not fit.
 *
 * @example
 * type Shape = { readonly kind: "circle"; readonly radius: number } | { readonly kind: "square"; readonly side: number };
 * const shape = JSON.parse('{ "kind": "circle", "radius": 2 }') as Shape;
 * requireKind("draw", shape, "kind", { circle: { radius: POSITIVE }, square: { side: POSITIVE } });
 */
export function requireKind<Options extends object, Tag extends keyof Options & string>(
  caller: string,
  options: Options,
  tag: Tag,
  kinds: KindChecks<Options, Tag>,
): Options {
  const kind = String(options?.[tag]);
  if (typeof options === "object" && options !== null && !Object.hasOwn(kinds, kind)) {
    const known = Object.keys(kinds).map((name) => JSON.stringify(name));
    throw new RangeError(`${caller}: ${tag} must be ${known.join(" or ")}, got '${kind}'`);
  }
  const own: object = kinds[kind as keyof typeof kinds] ?? {};
  return requireOptions(caller, options, { [tag]: ANY, ...own } as unknown as Checks<Options>);
}
