import type * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "kernel-contract";
import type { Context } from "../../context.ts";
import type { Shader } from "../../shader.ts";
import { type Epilogue, type ProductVariant, productShader } from "./product-shader.ts";
import { sumOfParts } from "./sum-of-parts.ts";
import { type ProductSides, TILES, type Tile } from "./tile.ts";
import { type ProductShape, tileFor } from "./tile-choice.ts";

type Info = tf.TensorInfo;

/** A product, and what is done with it. */
export interface Product extends ProductSides {
  /** `[batch, rows, inner]`, or `[1, …]`; with the last two exchanged where it is transposed. */
  readonly a: Info;
  /** `[batch, inner, columns]`, or `[1, …]`; likewise. */
  readonly b: Info;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** `[columns]`, which is added. */
  readonly bias?: Info | undefined;
  /** GELU is applied; what it is applied to is written here, in the result's shape. */
  readonly before?: Info | undefined;
  /** Multiplies by GELU's slope at these, in the result's shape. */
  readonly slopeAt?: Info | undefined;
  /** What the rows of each sample are multiplied by. */
  readonly mask?: Info | undefined;
  /** Whether it is the lines of b that `mask` multiplies, not the result's. */
  readonly innerMask?: boolean;
  /** `[samples, residualRows, columns]`, of which each sample's first rows are added. */
  readonly residual?: Info | undefined;
  /** Rows of a sample, in the result and in `residual`. Default: all rows are one sample. */
  readonly sampleRows?: number;
  readonly residualRows?: number;
  /** The shape of the result. */
  readonly shape: readonly number[];
}

/** Least length of a part of a sum, in inner indices; sums shorter than eight parts are not cut. */
const PART = 256;
/** Workgroups that keep a large GPU busy, and the tile that they are counted by. */
const GROUPS = 512;
const SIDE = 64;
/** Parts begin at multiples of every tile's inner side. */
const STEP = 16;

/** The product, in one dispatch; a long sum with a small result in two, as a sum of parts. */
export function multiply(context: Context, product: Product): Info {
  const { shape, rows, columns } = product;
  const y = context.output(shape);
  const parts = hasEpilogue(product) ? 1 : partsOf(product);
  if (parts === 1) {
    dispatch(context, product, { y });
    return y;
  }
  const products = context.output([parts, rows * columns]);
  dispatch(context, product, { y: products }, parts);
  sumOfParts(context, parts, { y }, { products });
  context.free(products);
  return y;
}

/** aᵀ b with the sums of b's columns: the gradients of a weight and of its bias, `[y, sums: [columns]]`. */
export function multiplyWithSums(context: Context, product: Product): [y: Info, sums: Info] {
  const { rows, columns, shape } = product;
  const [y, sums] = [context.output(shape), context.output([columns])];
  const parts = partsOf(product);
  if (parts === 1) {
    dispatch(context, product, { y, sums });
    return [y, sums];
  }
  const products = context.output([parts, rows * columns]);
  const partSums = context.output([parts, columns]);
  dispatch(context, product, { y: products, sums: partSums }, parts);
  sumOfParts(context, parts, { y, sums }, { products, partSums });
  context.free(products);
  context.free(partSums);
  return [y, sums];
}

/** Whether its grid is within the device's limits, by any tile. */
export function fits(context: Context, { rows, columns, batch }: ProductSides): boolean {
  const most = context.backend.device.limits.maxComputeWorkgroupsPerDimension;
  const side = TILES[0]!.rows;
  return Math.max(Math.ceil(rows / side), Math.ceil(columns / side), batch) <= most;
}

/** Parts of the inner side, a function of the sides alone: the bits of the sum are. */
function partsOf({ batch, rows, columns, inner }: ProductSides): number {
  if (batch !== 1 || inner < 8 * PART) return 1;
  const groups = Math.ceil(rows / SIDE) * Math.ceil(columns / SIDE);
  const parts = Math.max(1, Math.min(Math.ceil(GROUPS / groups), Math.floor(inner / PART)));
  return Math.ceil(inner / chunkOf(inner, parts));
}

/** Length of the parts. */
export function chunkOf(inner: number, parts: number): number {
  return Math.ceil(inner / parts / STEP) * STEP;
}

function hasEpilogue({ bias, before, slopeAt, mask, residual }: Product): boolean {
  return [bias, before, slopeAt, mask, residual].some((tensor) => tensor !== undefined);
}

function dispatch(
  context: Context,
  product: Product,
  outputs: { readonly y: Info; readonly sums?: Info },
  parts = 1,
): void {
  const { a, b, transposeA = false, transposeB = false, batch, rows, columns, inner } = product;
  const {
    bias,
    before,
    slopeAt,
    mask,
    innerMask = false,
    residual,
    sampleRows = rows,
    residualRows = sampleRows,
  } = product;
  const { precision } = context;
  const shape = { batch, rows, columns, inner, transposeA, transposeB, parts, precision };
  const tile = tileFor(context.backend.device, shape);
  const epilogue: Epilogue = {
    bias: bias !== undefined,
    gelu: before !== undefined,
    geluSlope: slopeAt !== undefined,
    mask: mask !== undefined && !innerMask,
    innerMask,
    residual: residual !== undefined,
    columnSums: outputs.sums !== undefined,
  };
  const given = { ...outputs, before, a, b, bias, at: slopeAt, mask, residual };
  const tensors = Object.entries(given).filter((entry): entry is [string, Info] => entry[1] !== undefined);
  context.run({
    shader: shaderOf(productVariant(shape, tile, epilogue)),
    tensors: Object.fromEntries(tensors),
    uniforms: {
      ...{ rows, columns, inner, chunk: chunkOf(inner, parts), parts },
      strideA: sizeOf(a.shape) > rows * inner ? rows * inner : 0,
      strideB: sizeOf(b.shape) > inner * columns ? inner * columns : 0,
      ...{ sampleRows, residualRows },
    },
    grid: [Math.ceil(columns / tile.columns), Math.ceil(rows / tile.rows), batch * parts],
  });
}

const shaders = new Map<string, Shader>();

function shaderOf(variant: ProductVariant): Shader {
  const key = JSON.stringify(variant);
  let shader = shaders.get(key);
  if (shader === undefined) {
    shader = productShader(variant);
    shaders.set(key, shader);
  }
  return shader;
}

/** The variant for a shape; sides that are multiples of 4 are read and written as vectors. */
export function productVariant(shape: ProductShape, tile: Tile, epilogue: Epilogue): ProductVariant {
  const { rows, columns, inner, transposeA, transposeB, precision } = shape;
  const vectors = {
    a: (transposeA ? rows : inner) % 4 === 0,
    b: (transposeB ? inner : columns) % 4 === 0,
    y: columns % 4 === 0,
  };
  return { tile, transposeA, transposeB, vectors, half: precision === "mixed_float16", epilogue };
}
