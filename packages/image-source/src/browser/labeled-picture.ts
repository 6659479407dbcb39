import { having, LIST, requireArguments } from "known-options";
import type { ByteImage } from "vision-augment";

/** A decoded picture and its class. */
export interface LabeledPicture {
  /** A name of its own, for messages and splits. */
  readonly key: string;
  /** Index of its class, or −1 for none. */
  readonly label: number;
  /** RGB of any size. Used in place, never changed. */
  readonly image: ByteImage;
}

const PICTURE = having("a picture with key, label and image", ({ key }) => typeof key === "string");

/** @throws TypeError for what is not a list of pictures. RangeError if it is empty or a picture does not fit. */
export function requirePictures(pictures: readonly LabeledPicture[], classNames: readonly string[]): void {
  requireArguments("pictureSource", { pictures }, { pictures: LIST });
  if (pictures.length === 0) throw new RangeError("pictureSource: expected pictures, got an empty list");
  const keys = new Set<string>();
  Array.from(pictures).forEach((picture, i) => {
    // holes too
    requireArguments("pictureSource", { [`pictures[${i}]`]: picture }, { [`pictures[${i}]`]: PICTURE });
    const { key, label, image } = picture;
    if (keys.size === keys.add(key).size) {
      throw new RangeError(`pictureSource: keys must be unique, got '${key}' twice`);
    }
    if (!(Number.isInteger(label) && label >= -1 && label < classNames.length)) {
      throw new RangeError(
        `pictureSource: '${key}': label must be in [0, ${classNames.length}), or -1 for none, got ${label}`,
      );
    }
    requirePixels(key, image);
  });
}

function requirePixels(key: string, image: ByteImage | undefined): void {
  const { data, width = 0, height = 0 } = image ?? {};
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  const areSides = [width, height].every((side) => Number.isInteger(side) && side >= 1);
  if (isBytes && areSides && data.length === width * height * 3) return;
  const got = isBytes ? `${data.length} bytes for ${width}x${height} pixels` : "none";
  throw new RangeError(`pictureSource: '${key}': image must have bytes of RGB, 3 a pixel, got ${got}`);
}
