import { raiseExponent } from "./half-blocks.ts";
import type { Tile } from "./tile.ts";

/** A matrix that is multiplied. */
export interface Operand {
  readonly name: "a" | "b";
  /** Its rows, of a, or columns, of b, in a tile. */
  readonly side: number;
  /** Whether neighbors along the inner side are neighbors in memory. */
  readonly alongInner: boolean;
  /** Whether its buffer is read as vectors of four. */
  readonly vectors: boolean;
  readonly tile: Tile;
  /** Whether it is half precision in workgroup memory, with an exponent in common. */
  readonly half: boolean;
  /** Whether its lines, along the inner side, are multiplied by the elements of `mask` of their samples. */
  readonly masked?: boolean;
}

/** WGSL: four neighbors in memory, with zeros for those outside. */
export function fetchFunction({ name, vectors, masked }: Operand): string {
  const body = vectors
    ? `  if (line < lines && at < ends) { v = ${name}[(base + line * stride + at) / 4u]; }`
    : `  if (line < lines) {
    let first = base + line * stride + at;
${[0, 1, 2, 3].map((c) => `    if (at + ${c}u < ends) { v[${c}] = ${name}[first + ${c}u]; }`).join("\n")}
  }`;
  return `
fn fetch_${name}(base: u32, stride: u32, line: u32, lines: u32, at: u32, ends: u32) -> vec4<f32> {
  var v = vec4<f32>();
${body}
${masked ? "  if (line < lines) { v *= mask[line / u.sampleRows]; }" : ""}
  return v;
}`;
}

/** WGSL: an invocation's blocks of 4 × 4 of a tile, and where they lie. */
export function declareBlocks(operand: Operand): string {
  const { name } = operand;
  return each(operand, (block, r) => {
    const places = r === 0 ? `${placesOf(operand, block)}\n` : "";
    return `${places}  var ${name}${block}_${r} = vec4<f32>();`;
  });
}

/** WGSL: reads the blocks of the tile at `k` into registers. */
export function loadBlocks(operand: Operand): string {
  const { name, alongInner } = operand;
  const [start, sides, base] =
    name === "a" ? ["rowStart", "u.rows", "baseA"] : ["columnStart", "u.columns", "baseB"];
  const code = each(operand, (block, r) => {
    const value = alongInner
      ? `fetch_${name}(${base}, u.inner, ${start} + ${name}Side${block} + ${r}u, ${sides}, k + ${name}Inner${block}, end)`
      : `fetch_${name}(${base}, ${sides}, k + ${name}Inner${block} + ${r}u, end, ${start} + ${name}Side${block}, ${sides})`;
    return `    ${name}${block}_${r} = ${value};`;
  });
  const vectors = each(operand, (block, r) => `${name}${block}_${r}`).split("\n");
  return `${guarded(operand, code)}${operand.half ? `\n${raiseExponent(name, vectors)}` : ""}`;
}

/** WGSL: writes the blocks to workgroup memory, the inner index first, transposed where they came along the inner side. */
export function storeBlocks(operand: Operand): string {
  const { name, alongInner, side, half } = operand;
  const [buffer, scale] = name === "a" ? ["tileA", "scaleA"] : ["tileB", "scaleB"];
  const code = each(operand, (block, r) => {
    const component = ["x", "y", "z", "w"][r]!;
    const value = alongInner
      ? `vec4<f32>(${[0, 1, 2, 3].map((c) => `${name}${block}_${c}.${component}`).join(", ")})`
      : `${name}${block}_${r}`;
    const at = `(${name}Inner${block} + ${r}u) * ${side / 4}u + ${name}Side${block} / 4u`;
    return `    ${buffer}[${at}] = ${half ? `vec4<f16>(${value} * ${scale})` : value};`;
  });
  return guarded(operand, code);
}

/** Blocks of 4 × 4 in a tile. */
function blocksOf({ side, tile }: Operand): number {
  return (side * tile.inner) / 16;
}

function lanesOf({ tile }: Operand): number {
  return (tile.rows / tile.ownRows) * (tile.columns / tile.ownColumns);
}

/** Where there are fewer blocks than invocations, the first ones have one each. */
function guarded(operand: Operand, code: string): string {
  return blocksOf(operand) >= lanesOf(operand)
    ? code
    : `    if (lane < ${blocksOf(operand)}u) {\n${code}\n    }`;
}

/** Code for each vector of each of an invocation's blocks. */
function each(operand: Operand, code: (block: number, vector: number) => string): string {
  const blocks = Math.ceil(blocksOf(operand) / lanesOf(operand));
  const lines: string[] = [];
  for (let block = 0; block < blocks; block++) {
    for (let r = 0; r < 4; r++) lines.push(code(block, r));
  }
  return lines.join("\n");
}

/** Where a block lies in the tile: neighbors in memory to neighboring invocations. */
function placesOf(operand: Operand, block: number): string {
  const { name, alongInner, side, tile } = operand;
  const fast = (alongInner ? tile.inner : side) / 4;
  const index = `(lane + ${block * lanesOf(operand)}u)`;
  const [first, second] = [`${index} % ${fast}u * 4u`, `${index} / ${fast}u * 4u`];
  const [inner, outer] = alongInner ? [first, second] : [second, first];
  return `  let ${name}Inner${block} = ${inner};\n  let ${name}Side${block} = ${outer};`;
}
