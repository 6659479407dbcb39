/** Interpolation by Pillow's names. */
export type Resample = "nearest" | "lanczos" | "bilinear" | "bicubic" | "box" | "hamming";

/**
 * What a published model's images go through, in this order: resize, center crop, rescale, normalize. Plain data; interpolation is
 * Pillow's, with antialiasing.
 */
export interface Preprocessing {
  /**
   * Target of the resize; without it images keep their size. `shortestEdge` keeps the aspect ratio, the longer side rounded down;
   * `height` and `width` do not.
   */
  readonly resize?: { readonly shortestEdge: number } | { readonly height: number; readonly width: number };
  /** Interpolation of the resize. */
  readonly resample: Resample;
  /** Size of the center crop; without it nothing is cropped. */
  readonly centerCrop?: readonly [height: number, width: number];
  /** Factor of the pixels, which are 0 to 255: 1/255 mostly. */
  readonly rescale: number;
  /** Subtracted from each channel after that. */
  readonly mean: readonly number[];
  /** Divides each channel after that. */
  readonly std: readonly number[];
}
