import type { Element, Shader } from "../shader.ts";
import { EXPONENTIAL } from "./exponential.ts";

/** Queries and keys of a tile. */
export const TILE = 32;
/** Invocations along a tile's side; each has every eighth row, and four numbers in a row of every eighth. */
const SIDE = 8;
const ROWS_EACH = TILE / SIDE;
/** Numbers of a head that are in workgroup memory at a time. */
const CHUNK = 4 * SIDE;

/** The two shaders for heads of one size, which both hold a tile's rows in registers. */
export interface AttentionShaders {
  /** One group a tile of queries, head and sample. */
  readonly forward: Shader;
  /** One group a tile of queries (dq), of keys (dk) and of keys again (dv), head and sample. */
  readonly backward: Shader;
}

const UNIFORMS = { tokens: "u32", heads: "u32", size: "u32", queries: "u32", scale: "f32" } as const;

/**
 * Attention by tiles of 32 × 32 scores, which never leave workgroup memory.
 *
 * @see Dao et al. 2022, "FlashAttention", https://arxiv.org/abs/2205.14135
 */
export function attentionShaders(size: number): AttentionShaders {
  const element: Element = size % 4 === 0 ? "vec4<f32>" : "f32";
  const chunks = Array.from({ length: Math.ceil(size / CHUNK) }, (_, chunk) => chunk);
  const forward: Shader = {
    name: "Attention",
    workgroup: [SIDE, SIDE, 1],
    writes: { out: element, logSumExp: "f32" },
    reads: { qkv: element },
    uniforms: UNIFORMS,
    declarations: [
      places(element),
      loader("loadPart", "qkv", element),
      storer("storeOut", "out", element),
      TILES,
      product(chunks.length, "loadForward"),
      `fn loadForward(kind: u32, token: u32, column: u32) -> vec4<f32> {
  if (token >= select(u.tokens, u.queries, kind == QUERY)) { return vec4<f32>(); }
  return loadPart(partRow(token, kind), column);
}`,
    ].join("\n"),
    main: forwardMain(chunks),
  };
  const backward: Shader = {
    name: "AttentionGrad",
    workgroup: [SIDE, SIDE, 1],
    writes: { dqkv: element },
    reads: { qkv: element, out: element, logSumExp: "f32", dy: element },
    uniforms: { ...UNIFORMS, tiles: "u32" },
    declarations: [
      places(element),
      loader("loadPart", "qkv", element),
      loader("loadOut", "out", element),
      loader("loadDy", "dy", element),
      storer("storePart", "dqkv", element),
      TILES,
      product(chunks.length, "loadBackward"),
      `fn loadBackward(kind: u32, token: u32, column: u32) -> vec4<f32> {
  if (token >= select(u.queries, u.tokens, kind == KEY || kind == VALUE)) { return vec4<f32>(); }
  if (kind == SLOPE) { return loadDy(outRow(token), column); }
  return loadPart(partRow(token, kind), column);
}
fn statistic(query: u32) -> f32 {
  if (query >= u.queries) { return 0.0; }
  return logSumExp[(batch * u.heads + head) * u.queries + query];
}
// Into \`parts\`: shares of the dot products of dy and out of a tile of queries.
fn alongOut(first: u32, x: u32, y: u32) {
  for (var i = 0u; i < ${ROWS_EACH}u; i++) {
    let row = y + ${SIDE}u * i;
    let token = first + row;
    var sum = 0.0;
    if (token < u.queries) {
      for (var c = x; c < columns(); c += ${SIDE}u) {
        let slope = loadDy(outRow(token), c);
        sum += dot(slope, loadOut(outRow(token), c));
        // As in dp = dy vᵀ and its mean, of which one is infinite: their difference is not a number.
        if (any(abs(slope) == vec4<f32>(u.infinity))) { sum = u.nan; }
      }
    }
    parts[row][x] = sum;
  }
}`,
    ].join("\n"),
    main: backwardMain(chunks),
  };
  return { forward, backward };
}

/** Offset of a head's channels. A column is four of them. */
function places(element: Element): string {
  return `
const QUERY = 0u;
const KEY = 1u;
const VALUE = 2u;
const SLOPE = 3u; // dy
var<private> batch: u32;
var<private> head: u32;
fn columns() -> u32 { return (u.size + 3u) / 4u; }
fn width() -> u32 { return u.size${element === "f32" ? "" : " / 4u"}; }
fn partRow(token: u32, part: u32) -> u32 {
  return (((batch * u.tokens + token) * 3u + part) * u.heads + head) * width();
}
fn outRow(token: u32) -> u32 { return ((batch * u.queries + token) * u.heads + head) * width(); }`;
}

function loader(name: string, buffer: string, element: Element): string {
  const body =
    element === "f32"
      ? `var value = vec4<f32>();
  for (var i = 0u; i < 4u; i++) {
    if (4u * column + i < u.size) { value[i] = ${buffer}[row + 4u * column + i]; }
  }
  return value;`
      : `if (column >= columns()) { return vec4<f32>(); }
  return ${buffer}[row + column];`;
  return `fn ${name}(row: u32, column: u32) -> vec4<f32> {
  ${body}
}`;
}

function storer(name: string, buffer: string, element: Element): string {
  const body =
    element === "f32"
      ? `for (var i = 0u; i < 4u; i++) {
    if (4u * column + i < u.size) { ${buffer}[row + 4u * column + i] = value[i]; }
  }`
      : `if (column < columns()) { ${buffer}[row + column] = value; }`;
  return `fn ${name}(row: u32, column: u32, value: vec4<f32>) {
  ${body}
}`;
}

/** Workgroup memory, 14.6 kB of the 16 that every device has. One more column than needed keeps rows on different banks. */
const TILES = `${EXPONENTIAL}
fn exponentials(x: vec4<f32>) -> vec4<f32> {
  return vec4<f32>(exponential(x.x), exponential(x.y), exponential(x.z), exponential(x.w));
}
var<workgroup> a: array<array<vec4<f32>, ${SIDE + 1}>, ${TILE}>;
var<workgroup> b: array<array<vec4<f32>, ${SIDE + 1}>, ${TILE}>;
var<workgroup> weights: array<array<f32, ${TILE + 1}>, ${TILE}>;
var<workgroup> parts: array<array<f32, ${SIDE + 1}>, ${TILE}>;
fn partsSum(row: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < ${SIDE}u; i++) { sum += parts[row][i]; }
  return sum;
}`;

/** The products of a tile of rows of one kind with one of another: of its rows, an invocation's columns x + 8 · j. */
function product(chunks: number, load: string): string {
  return `
fn tileProduct(left: u32, firstLeft: u32, right: u32, firstRight: u32, x: u32, y: u32) -> array<vec4<f32>, ${ROWS_EACH}> {
  var sums: array<vec4<f32>, ${ROWS_EACH}>;
  for (var c = 0u; c < ${chunks}u; c++) {
    for (var i = 0u; i < ${ROWS_EACH}u; i++) {
      let row = y + ${SIDE}u * i;
      a[row][x] = ${load}(left, firstLeft + row, c * ${SIDE}u + x);
      b[row][x] = ${load}(right, firstRight + row, c * ${SIDE}u + x);
    }
    workgroupBarrier();
    for (var k = 0u; k < ${SIDE}u; k++) {
      let b0 = b[x][k];
      let b1 = b[x + ${SIDE}u][k];
      let b2 = b[x + ${2 * SIDE}u][k];
      let b3 = b[x + ${3 * SIDE}u][k];
      for (var i = 0u; i < ${ROWS_EACH}u; i++) {
        let row = a[y + ${SIDE}u * i][k];
        sums[i] += vec4<f32>(dot(row, b0), dot(row, b1), dot(row, b2), dot(row, b3));
      }
    }
    workgroupBarrier();
  }
  return sums;
}`;
}

/** Adds `weights` times a tile of rows of one kind to the accumulators; written out, so that these stay in registers. */
function accumulate(chunks: readonly number[], load: string, kind: string, first: string): string {
  const one = (chunk: number) => `
    for (var i = 0u; i < ${ROWS_EACH}u; i++) {
      let row = local.y + ${SIDE}u * i;
      b[row][local.x] = ${load}(${kind}, ${first} + row, ${chunk * SIDE}u + local.x);
    }
    workgroupBarrier();
    for (var j = 0u; j < ${TILE}u; j++) {
      let value = b[j][local.x];
${eachRow((i) => `      sum${i}_${chunk} += weights[local.y + ${SIDE * i}u][j] * value;`)}
    }
    workgroupBarrier();`;
  return chunks.map(one).join("");
}

function eachRow(line: (i: number) => string): string {
  return Array.from({ length: ROWS_EACH }, (_, i) => line(i)).join("\n");
}

function eachSum(chunks: readonly number[], line: (i: number, chunk: number) => string): string {
  return chunks.map((chunk) => eachRow((i) => line(i, chunk))).join("\n");
}

/** Softmax as it goes: whenever a row's maximum grows, what was summed is scaled down. */
function forwardMain(chunks: readonly number[]): string {
  return `
  let first = group.x * ${TILE}u;
  head = group.y;
  batch = group.z;
${eachSum(chunks, (i, chunk) => `  var sum${i}_${chunk} = vec4<f32>();`)}
  var top = vec4<f32>(-3.4e38);
  var mass = vec4<f32>(); // this invocation's share
  for (var key = 0u; key < u.tokens; key += ${TILE}u) {
    var scores = tileProduct(QUERY, first, KEY, key, local.x, local.y);
    let column = vec4<u32>(key + local.x) + vec4<u32>(0u, ${SIDE}u, ${2 * SIDE}u, ${3 * SIDE}u);
    let present = column < vec4<u32>(u.tokens);
    for (var i = 0u; i < ${ROWS_EACH}u; i++) {
      scores[i] *= u.scale;
      let s = select(vec4<f32>(-3.4e38), scores[i], present);
      parts[local.y + ${SIDE}u * i][local.x] = max(max(s.x, s.y), max(s.z, s.w));
    }
    workgroupBarrier();
    var shrink = vec4<f32>();
    for (var i = 0u; i < ${ROWS_EACH}u; i++) {
      let row = local.y + ${SIDE}u * i;
      var most = top[i];
      for (var k = 0u; k < ${SIDE}u; k++) { most = max(most, parts[row][k]); }
      shrink[i] = exponential(top[i] - most);
      top[i] = most;
      let p = select(vec4<f32>(), exponentials(scores[i] - vec4<f32>(most)), present);
      mass[i] = mass[i] * shrink[i] + dot(p, vec4<f32>(1.0));
      weights[row][local.x] = p.x;
      weights[row][local.x + ${SIDE}u] = p.y;
      weights[row][local.x + ${2 * SIDE}u] = p.z;
      weights[row][local.x + ${3 * SIDE}u] = p.w;
    }
${eachSum(chunks, (i, chunk) => `    sum${i}_${chunk} *= shrink[${i}];`)}
${accumulate(chunks, "loadForward", "VALUE", "key")}
  }
  for (var i = 0u; i < ${ROWS_EACH}u; i++) { parts[local.y + ${SIDE}u * i][local.x] = mass[i]; }
  workgroupBarrier();
  for (var i = 0u; i < ${ROWS_EACH}u; i++) { mass[i] = partsSum(local.y + ${SIDE}u * i); }
${eachRow(
  (i) => `  if (first + local.y + ${SIDE * i}u < u.queries) {
    let token = first + local.y + ${SIDE * i}u;
${chunks.map((chunk) => `    storeOut(outRow(token), ${chunk * SIDE}u + local.x, sum${i}_${chunk} / mass[${i}]);`).join("\n")}
    if (local.x == 0u) {
      let logarithm = top[${i}] + log(mass[${i}]);
      // No mass: all scores are -infinity, and their softmax is not a number, as it is not where the mass is none.
      logSumExp[(batch * u.heads + head) * u.queries + token] = select(u.nan, logarithm, mass[${i}] > 0.0);
    }
  }`,
)}`;
}

/**
 * With p = softmax(scale · q kᵀ), computed again from `logSumExp`, and ds = scale · p · (dy vᵀ - dy · out):
 * dq = ds k, dk = dsᵀ q, dv = pᵀ dy. Each is a sum, over tiles of the other side, of weights times rows.
 */
function backwardMain(chunks: readonly number[]): string {
  return `
  let part = group.x / u.tiles; // whose gradient
  let first = (group.x % u.tiles) * ${TILE}u;
  head = group.y;
  batch = group.z;
${eachSum(chunks, (i, chunk) => `  var sum${i}_${chunk} = vec4<f32>();`)}
  let ofQueries = part == QUERY;
  let otherKind = select(QUERY, KEY, ofQueries);
  let ends = select(u.queries, select(0u, u.tokens, first < u.queries), ofQueries);
  var rowLogs = vec4<f32>();
  var rowAlong = vec4<f32>();
  if (ofQueries) {
    alongOut(first, local.x, local.y);
    workgroupBarrier();
    for (var i = 0u; i < ${ROWS_EACH}u; i++) {
      rowLogs[i] = statistic(first + local.y + ${SIDE}u * i);
      rowAlong[i] = partsSum(local.y + ${SIDE}u * i);
    }
  }
  for (var other = 0u; other < ends; other += ${TILE}u) {
    var w = tileProduct(select(KEY, QUERY, ofQueries), first, otherKind, other, local.x, local.y);
    let slot = vec4<u32>(local.x) + vec4<u32>(0u, ${SIDE}u, ${2 * SIDE}u, ${3 * SIDE}u);
    let present = vec4<u32>(other) + slot < vec4<u32>(select(u.queries, u.tokens, ofQueries));
    var columnLogs = vec4<f32>();
    if (!ofQueries) {
      for (var j = 0u; j < 4u; j++) { columnLogs[j] = statistic(other + slot[j]); }
    }
    for (var i = 0u; i < ${ROWS_EACH}u; i++) {
      let logs = select(columnLogs, vec4<f32>(rowLogs[i]), ofQueries);
      w[i] = select(vec4<f32>(), exponentials(u.scale * w[i] - logs), present);
    }
    if (part != VALUE) {
      var columnAlong = vec4<f32>();
      if (!ofQueries) {
        alongOut(other, local.x, local.y);
        workgroupBarrier();
        for (var j = 0u; j < 4u; j++) { columnAlong[j] = partsSum(slot[j]); }
      }
      let slopes = tileProduct(
        select(VALUE, SLOPE, ofQueries), first, select(SLOPE, VALUE, ofQueries), other, local.x, local.y,
      );
      for (var i = 0u; i < ${ROWS_EACH}u; i++) {
        let along = select(columnAlong, vec4<f32>(rowAlong[i]), ofQueries);
        w[i] = select(vec4<f32>(), u.scale * w[i] * (slopes[i] - along), present);
      }
    }
    for (var i = 0u; i < ${ROWS_EACH}u; i++) {
      let row = local.y + ${SIDE}u * i;
      for (var j = 0u; j < 4u; j++) { weights[row][slot[j]] = w[i][j]; }
    }
${accumulate(chunks, "loadBackward", "select(otherKind, SLOPE, part == VALUE)", "other")}
  }
${eachRow(
  (i) => `  if (first + local.y + ${SIDE * i}u < u.tokens) {
    let token = first + local.y + ${SIDE * i}u;
    let silent = ofQueries && token >= u.queries; // a token without an output
${chunks
  .map(
    (chunk) =>
      `    storePart(partRow(token, part), ${chunk * SIDE}u + local.x, select(sum${i}_${chunk}, vec4<f32>(), silent));`,
  )
  .join("\n")}
  }`,
)}`;
}
