/** Name of a layer, node or output of feature vectors. */
export const FEATURES = "feature_vector";

/** Side of pictures of a model that takes any, in pixels. */
const USUAL_SIDE = 224;

/**
 * Returns the side of a model's square pictures.
 *
 * @param shape - Shape of its input, channels last; sides that are not numbers are free.
 * @param known - Side that files beside the model name, for one whose sides are free.
 * @throws Error naming the path if they are not square, or not RGB.
 */
export function requirePictures(
  path: string,
  shape: readonly unknown[],
  known?: number,
): { readonly imageSize: number; readonly size: string } {
  const sides = shape.slice(1).map((side) => (typeof side === "number" && side > 0 ? side : undefined));
  const [height, width, channels] = sides;
  if (shape.length !== 4 || height !== width || channels !== 3) {
    const words = sides.map((side) => side ?? "any").join(", ");
    throw new Error(`${path}: expected a model of square RGB images, got one of [${words}]`);
  }
  const imageSize = height ?? known ?? USUAL_SIDE;
  const assumed = height === undefined && known === undefined ? ", which is assumed" : "";
  return { imageSize, size: `${imageSize}x${imageSize} pixels${assumed}` };
}

/** @throws Error naming the path if there are not as many names as classes. */
export function requireNames(
  path: string,
  names: readonly string[] | undefined,
  classes: number | undefined,
): void {
  if (names === undefined || classes === undefined || names.length === classes) return;
  throw new Error(`${path}: expected names of its ${classes} classes, got ${names.length}`);
}

/** ` of 5 classes`, or that there are none. */
export function classesInWords(classes: number | undefined): string {
  if (classes === undefined) return " without classes";
  return classes === 1 ? " of one class" : ` of ${classes.toLocaleString("en")} classes`;
}
