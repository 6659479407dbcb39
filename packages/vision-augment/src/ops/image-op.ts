import { atLeast, type Check, check, FINITE, integerFrom, type KindChecks, requireKind } from "known-options";
import { type ByteImage, INTERPOLATION, RGB, requireByteImage } from "../pixels/byte-image.ts";
import { type AffineOptions, rotate, shearX, shearY, translateX, translateY } from "./affine.ts";
import { brightness, color, contrast, sharpness } from "./enhance.ts";
import { gaussianBlur } from "./gaussian-blur.ts";
import { autoContrast, equalize, invert, posterize, solarize, solarizeAdd } from "./tables.ts";

/** One change of a picture with its parameters; names and meaning are PIL's. */
export type ImageOp =
  | { readonly name: "autoContrast" | "equalize" | "invert" }
  /** How many of a byte's highest bits stay, 0…8. */
  | { readonly name: "posterize"; readonly bits: number }
  /** Values from `threshold` on, 0…256, are inverted. */
  | { readonly name: "solarize"; readonly threshold: number }
  /** `amount`, 0…255, is added to values below 128. */
  | { readonly name: "solarizeAdd"; readonly amount: number }
  /** 1 changes nothing, 0 leaves gray, flat gray, black or a blur; above 1 it goes the other way. */
  | { readonly name: "color" | "contrast" | "brightness" | "sharpness"; readonly factor: number }
  /** Standard deviation, pixels. */
  | { readonly name: "gaussianBlur"; readonly radius: number }
  /** Counter-clockwise. */
  | ({ readonly name: "rotate"; readonly degrees: number } & AffineOptions)
  /** Pixels of shift a pixel. */
  | ({ readonly name: "shearX" | "shearY"; readonly factor: number } & AffineOptions)
  /** To the left or upwards, of the width or height. */
  | ({ readonly name: "translateX" | "translateY"; readonly fraction: number } & AffineOptions);

const upTo = (most: number): Check =>
  check(`an integer in [0, ${most}]`, (value) => integerFrom(0).fits(value) && Number(value) <= most);
const FACTOR = { factor: FINITE };
const AFFINE = { interpolation: INTERPOLATION, fill: RGB };
const CHECKS: KindChecks<ImageOp, "name"> = {
  autoContrast: {},
  equalize: {},
  invert: {},
  posterize: { bits: upTo(8) },
  solarize: { threshold: upTo(256) },
  solarizeAdd: { amount: upTo(255) },
  color: FACTOR,
  contrast: FACTOR,
  brightness: FACTOR,
  sharpness: FACTOR,
  gaussianBlur: { radius: atLeast(0) },
  rotate: { degrees: FINITE, ...AFFINE },
  shearX: { ...FACTOR, ...AFFINE },
  shearY: { ...FACTOR, ...AFFINE },
  translateX: { fraction: FINITE, ...AFFINE },
  translateY: { fraction: FINITE, ...AFFINE },
};

/**
 * A picture changed as PIL 13 would change it, byte for byte.
 *
 * @param image - uint8, any size. Not changed.
 * @returns A new picture of the same size, owned by the caller.
 * @throws RangeError if the image's data does not fit its size or a parameter is out of range. TypeError for an unknown
 * parameter, or an image that is not of bytes.
 * @see https://pillow.readthedocs.io, ImageOps, ImageEnhance, ImageFilter, Image.transform
 *
 * @example
 * const image = { data: Uint8Array.of(10, 20, 30), width: 1, height: 1 };
 * console.log(applyImageOp(image, { name: "invert" }).data); // [245, 235, 225]
 */
export function applyImageOp(image: ByteImage, op: ImageOp): ByteImage {
  requireKind("applyImageOp", op, "name", CHECKS);
  requireByteImage("applyImageOp", image);
  switch (op.name) {
    case "autoContrast":
      return autoContrast(image);
    case "equalize":
      return equalize(image);
    case "invert":
      return invert(image);
    case "posterize":
      return posterize(image, op.bits);
    case "solarize":
      return solarize(image, op.threshold);
    case "solarizeAdd":
      return solarizeAdd(image, op.amount);
    case "color":
      return color(image, op.factor);
    case "contrast":
      return contrast(image, op.factor);
    case "brightness":
      return brightness(image, op.factor);
    case "sharpness":
      return sharpness(image, op.factor);
    case "gaussianBlur":
      return gaussianBlur(image, op.radius);
    case "rotate":
      return rotate(image, op.degrees, op);
    case "shearX":
      return shearX(image, op.factor, op);
    case "shearY":
      return shearY(image, op.factor, op);
    case "translateX":
      return translateX(image, op.fraction, op);
    case "translateY":
      return translateY(image, op.fraction, op);
  }
}
