/** Name of a layer, node or output of feature vectors. */
export const FEATURES = "feature_vector";

/** Size of pictures in pixels: one number for a square, or `[height, width]`. */
export type PictureSize = number | readonly [height: number, width: number];

/** Side of pictures of a model that takes any, in pixels. */
const USUAL_SIDE = 224;

/**
 * Returns the size of a model's pictures.
 *
 * @param shape - Shape of its input, channels last; sides that are not numbers are free.
 * @param known - Size that files beside the model name, for one whose sides are free.
 * @throws Error naming the path if they are not RGB, or one of their sides is free alone.
 */
export function requirePictures(
  path: string,
  shape: readonly unknown[],
  known?: PictureSize,
): { readonly imageSize: PictureSize; readonly size: string } {
  const sides = shape.slice(1).map((side) => (typeof side === "number" && side > 0 ? side : undefined));
  const [height, width, channels] = sides;
  const isHalfFree = (height === undefined) !== (width === undefined);
  if (shape.length !== 4 || isHalfFree || channels !== 3) {
    const words = sides.map((side) => side ?? "any").join(", ");
    throw new Error(`${path}: expected a model of RGB images of one size, got one of [${words}]`);
  }
  const [usualRows, usualColumns] = sidesOf(known ?? USUAL_SIDE);
  const [rows, columns] = [height ?? usualRows, width ?? usualColumns];
  const assumed = height === undefined && known === undefined ? ", which is assumed" : "";
  return {
    imageSize: rows === columns ? rows : [rows, columns],
    size: `${rows}x${columns} pixels${assumed}`,
  };
}

/** Height and width of a size in pixels. */
export function sidesOf(size: PictureSize): readonly [height: number, width: number] {
  return typeof size === "number" ? [size, size] : size;
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
