import type { Element, Shader } from "../../shader.ts";
import { NORMAL_CDF } from "../normal-cdf.ts";
import { CHOOSE_SCALES, HALF_BLOCKS } from "./half-blocks.ts";
import { declareBlocks, fetchFunction, loadBlocks, type Operand, storeBlocks } from "./product-operand.ts";
import type { Tile } from "./tile.ts";

/** What is done with a sum of products before it is written, in this order. */
export interface Epilogue {
  /** Adds `bias [columns]`. */
  readonly bias?: boolean;
  /** Writes the sum to `before`, and then its GELU. */
  readonly gelu?: boolean;
  /** Multiplies by GELU's slope at `at`, of the result's shape. */
  readonly geluSlope?: boolean;
  /** Multiplies the rows of each sample by its element of `mask`. */
  readonly mask?: boolean;
  /** Multiplies the lines of b, which are not transposed, by the elements of `mask` of their samples, before they are multiplied. */
  readonly innerMask?: boolean;
  /** Adds `residual`: each sample's leading rows. */
  readonly residual?: boolean;
  /** Writes the sums of b's columns, of each part, to `sums`. */
  readonly columnSums?: boolean;
}

/** A variant of the product. */
export interface ProductVariant {
  readonly tile: Tile;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Whether the buffers are read and written as vectors of four: their last sides are multiples of 4. */
  readonly vectors: { readonly a: boolean; readonly b: boolean; readonly y: boolean };
  /** Whether operands are rounded to half precision. */
  readonly half: boolean;
  readonly epilogue: Epilogue;
}

/**
 * A product of matrices, `y[z] = a[z] b[z]`, in tiles: blocks of a and b go to workgroup memory, the next ones to registers
 * meanwhile, and each invocation adds up its elements of the tile in registers. Layer z of the grid is a part of the inner side
 * of a matrix of the batch.
 *
 * In half precision the products of a block are added up in it, at most 16 of them, and these sums in float32.
 */
export function productShader(variant: ProductVariant): Shader {
  const { tile, transposeA, transposeB, vectors, half, epilogue } = variant;
  const a: Operand = { name: "a", side: tile.rows, alongInner: !transposeA, vectors: vectors.a, tile, half };
  const b: Operand = {
    ...{ name: "b", side: tile.columns, alongInner: transposeB, vectors: vectors.b, tile, half },
    masked: epilogue.innerMask ?? false,
  };
  const across = tile.columns / tile.ownColumns;
  const y: Element = vectors.y ? "vec4<f32>" : "f32";
  const element = half ? "vec4<f16>" : "vec4<f32>";
  const needsNormal = epilogue.gelu || epilogue.geluSlope;
  return {
    name: half ? "HalfProduct" : "Product",
    half,
    workgroup: [across, tile.rows / tile.ownRows, 1],
    writes: { y, ...(epilogue.gelu && { before: y }), ...(epilogue.columnSums && { sums: y }) },
    reads: {
      a: vectors.a ? "vec4<f32>" : "f32",
      b: vectors.b ? "vec4<f32>" : "f32",
      ...(epilogue.bias && { bias: y }),
      ...(epilogue.geluSlope && { at: y }),
      ...((epilogue.mask || epilogue.innerMask) && { mask: "f32" as const }),
      ...(epilogue.residual && { residual: y }),
    },
    uniforms: {
      ...{ rows: "u32", columns: "u32", inner: "u32", chunk: "u32", parts: "u32" },
      ...{ strideA: "u32", strideB: "u32", sampleRows: "u32", residualRows: "u32" },
    },
    declarations: `${needsNormal ? NORMAL_CDF : ""}
var<workgroup> tileA: array<${element}, ${(tile.rows * tile.inner) / 4}>;
var<workgroup> tileB: array<${element}, ${(tile.columns * tile.inner) / 4}>;
${half ? HALF_BLOCKS : ""}
${fetchFunction(a)}
${fetchFunction(b)}
${finishFunction(variant)}`,
    main: `
  let lane = local.y * ${across}u + local.x;
  let rowStart = group.y * ${tile.rows}u;
  let columnStart = group.x * ${tile.columns}u;
  let item = group.z / u.parts;
  let start = (group.z % u.parts) * u.chunk;
  let end = min(start + u.chunk, u.inner);
  let baseA = item * u.strideA;
  let baseB = item * u.strideB;
${sums(tile, (name) => `  var ${name} = vec4<f32>();`)}
${epilogue.columnSums ? columnVectors(tile, (j) => `  var column${j} = vec4<f32>();`) : ""}
${declareBlocks(a)}
${declareBlocks(b)}
${half ? "  var unscaleA = 0.0;\n  var unscaleB = 0.0;" : ""}
  // The registers take the next blocks while those in workgroup memory are multiplied.
  for (var k = start; k < end + ${tile.inner}u; k += ${tile.inner}u) {
    if (k < end) {
${loadBlocks(a)}
${loadBlocks(b)}
    }
    if (k > start) {
${half ? sums(tile, (name) => `      var half_${name} = vec4<f16>();`) : ""}
      for (var i = 0u; i < ${tile.inner}u; i++) {
${multiplyAdd(variant)}
      }
${half ? sums(tile, (name) => `      ${name} += vec4<f32>(half_${name}) * unscaleA * unscaleB;`) : ""}
      workgroupBarrier();
    }${half ? " else { workgroupBarrier(); } // all exponents are in" : ""}
    if (k < end) {${half ? CHOOSE_SCALES : ""}
${storeBlocks(a)}
${storeBlocks(b)}
    }
    workgroupBarrier();
  }
${writeOut(variant)}`,
  };
}

/** Code for each vector of sums: `c<row>_<vector>`. */
function sums(tile: Tile, code: (name: string, row: number, vector: number) => string): string {
  const lines: string[] = [];
  for (let row = 0; row < tile.ownRows; row++) {
    for (let vector = 0; vector < tile.ownColumns / 4; vector++)
      lines.push(code(`c${row}_${vector}`, row, vector));
  }
  return lines.join("\n");
}

function columnVectors(tile: Tile, code: (vector: number) => string): string {
  return Array.from({ length: tile.ownColumns / 4 }, (_, vector) => code(vector)).join("\n");
}

/** An invocation's rows, and columns, are blocks of four that are half a tile apart, so that neighbors read neighbors. */
function multiplyAdd({ tile, half, epilogue }: ProductVariant): string {
  const [m4, n4] = [tile.rows / 4, tile.columns / 4];
  const vectors = (own: number, name: string, buffer: string, row: number, lane: string) =>
    Array.from(
      { length: own / 4 },
      (_, i) => `      let ${name}${i} = ${buffer}[i * ${row}u + ${lane} + ${(i * row * 4) / own}u];`,
    ).join("\n");
  const factors = ["x", "y", "z", "w"];
  return `${vectors(tile.ownRows, "left", "tileA", m4, "local.y")}
${vectors(tile.ownColumns, "right", "tileB", n4, "local.x")}
${sums(tile, (name, row, vector) => {
  const left = `${half ? "vec4<f16>" : "vec4<f32>"}(left${Math.floor(row / 4)}.${factors[row % 4]})`;
  const sum = half ? `half_${name}` : name;
  return `      ${sum} = fma(${left}, right${vector}, ${sum});`;
})}
${epilogue.columnSums ? columnVectors(tile, (j) => `      column${j} += ${half ? `vec4<f32>(right${j}) * unscaleB` : `right${j}`};`) : ""}`;
}

/** Each vector of the result. */
function writeOut({ tile, epilogue, vectors }: ProductVariant): string {
  const row = (i: number) =>
    `rowStart + local.y * 4u + ${Math.floor(i / 4) * (tile.rows / (tile.ownRows / 4)) + (i % 4)}u`;
  const column = (j: number) => `columnStart + local.x * 4u + ${(j * tile.columns * 4) / tile.ownColumns}u`;
  const results = sums(tile, (name, i, j) => `  finish(${row(i)}, ${column(j)}, group.z, ${name});`);
  if (!epilogue.columnSums) return results;
  const sumsOf = columnVectors(tile, (j) => {
    if (vectors.y)
      return `    if (${column(j)} < u.columns) { sums[(group.z * u.columns + ${column(j)}) / 4u] = column${j}; }`;
    return [0, 1, 2, 3]
      .map((c) => {
        const index = `${column(j)} + ${c}u`;
        return `    if (${index} < u.columns) { sums[group.z * u.columns + ${index}] = column${j}[${c}]; }`;
      })
      .join("\n");
  });
  return `${results}
  if (group.y == 0u && local.y == 0u) {
${sumsOf}
  }`;
}

/** WGSL: the epilogue of four neighbors of a row. */
function finishFunction({ vectors, epilogue }: ProductVariant): string {
  const type = vectors.y ? "vec4<f32>" : "f32";
  const per = (at: string) => (vectors.y ? `(${at}) / 4u` : at);
  const each = (expression: (component: string) => string) =>
    vectors.y
      ? `vec4<f32>(${["x", "y", "z", "w"].map((c) => expression(`.${c}`)).join(", ")})`
      : expression("");
  const gelu = each((c) => `v${c} * normalCdf(v${c}, exponential(-0.5 * v${c} * v${c}))`);
  const slope = each((c) => `geluSlope(x${c})`);
  const element = `
fn finishElement(row: u32, column: u32, layer: u32, sum: ${type}) {
  var v = sum;
  let place = (layer * u.rows + row) * u.columns + column;
${epilogue.bias ? `  v += bias[${per("column")}];` : ""}
${epilogue.gelu ? `  before[${per("place")}] = v;\n  v = ${gelu};` : ""}
${epilogue.geluSlope ? `  let x = at[${per("place")}];\n  v *= ${slope};` : ""}
${epilogue.mask ? "  v *= mask[row / u.sampleRows];" : ""}
${
  epilogue.residual
    ? `  let origin = (row / u.sampleRows) * u.residualRows + row % u.sampleRows;\n  v += residual[${per("origin * u.columns + column")}];`
    : ""
}
  y[${per("place")}] = v;
}`;
  const parts = vectors.y
    ? "  if (column < u.columns) { finishElement(row, column, layer, sum); }"
    : [0, 1, 2, 3]
        .map(
          (c) =>
            `  if (column + ${c}u < u.columns) { finishElement(row, column + ${c}u, layer, sum[${c}]); }`,
        )
        .join("\n");
  return `${element}
fn finish(row: u32, column: u32, layer: u32, sum: vec4<f32>) {
  if (row >= u.rows) { return; }
${parts}
}`;
}
