/** Eigenvalues and eigenvectors of a symmetric matrix. */
export interface Eigen {
  /** Ascending. */
  readonly values: Float64Array;
  /** `[n, n]`, row-major: row `i` is the unit eigenvector of value `i`. */
  readonly vectors: Float64Array;
}

/** Most steps of the QL iteration for one eigenvalue; two are usual. */
const MOST_STEPS = 60;

/**
 * Computes the eigenvalues and eigenvectors of a symmetric matrix: Householder reflections to a tridiagonal matrix, then QL
 * iterations with implicit shifts. About `9 n³` operations.
 *
 * @param matrix - `[n, n]`, row-major, symmetric. Not changed.
 * @see Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const { diagonal, beside, vectors } = tridiagonal(matrix.slice(), n);
  diagonalize(diagonal, beside, vectors, n);
  const order = [...diagonal.keys()].sort((a, b) => diagonal[a]! - diagonal[b]!);
  const sorted = new Float64Array(n * n);
  for (const [to, from] of order.entries()) sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n);
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors: sorted };
}

/** Returns T and, row by row, Qᵀ of `a = Q T Qᵀ`; `beside[i]` couples rows i and i + 1. `a` is overwritten. */
function tridiagonal(a: Float64Array, n: number) {
  const reflections: (Float64Array | undefined)[] = [];
  for (let k = 0; k < n - 2; k++) reflections.push(reflect(a, n, k));
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let k = n - 3; k >= 0; k--) {
    const v = reflections[k];
    if (v === undefined) continue;
    for (let row = k + 1; row < n; row++) {
      let dot = 0;
      for (let i = k + 1; i < n; i++) dot += vectors[row * n + i]! * v[i]!;
      for (let i = k + 1; i < n; i++) vectors[row * n + i]! -= 2 * dot * v[i]!;
    }
  }
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i]!);
  const beside = Float64Array.from({ length: n }, (_, i) => (i < n - 1 ? a[i * n + i + 1]! : 0));
  return { diagonal, beside, vectors };
}

/** Reflects row and column k to two elements: `a ← H a H`, `H = 1 − 2 v vᵀ`. Returns v; `undefined` if nothing is to be done. */
function reflect(a: Float64Array, n: number, k: number): Float64Array | undefined {
  const first = k + 1;
  const v = new Float64Array(n);
  v.set(a.subarray(k * n + first, (k + 1) * n), first);
  const length = Math.sqrt(dotOf(v, v, first));
  if (length === 0) return undefined;
  const target = v[first]! > 0 ? -length : length; // away from v, against cancellation
  v[first]! -= target;
  const scale = 1 / Math.sqrt(dotOf(v, v, first));
  for (let i = first; i < n; i++) v[i]! *= scale;
  const w = new Float64Array(n);
  for (let i = first; i < n; i++) {
    let sum = 0;
    for (let j = first; j < n; j++) sum += a[i * n + j]! * v[j]!;
    w[i] = 2 * sum;
  }
  const half = dotOf(v, w, first);
  for (let i = first; i < n; i++) w[i]! -= half * v[i]!;
  for (let i = first; i < n; i++) {
    const [x, y] = [v[i]!, w[i]!];
    const row = i * n;
    for (let j = first; j < n; j++) a[row + j]! -= x * w[j]! + y * v[j]!;
  }
  a[k * n + first] = target;
  return v;
}

function dotOf(x: Float64Array, y: Float64Array, first: number): number {
  let sum = 0;
  for (let i = first; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

/** Turns a tridiagonal matrix into its eigenvalues, in `d`, and the rows of `vectors` with it. */
function diagonalize(d: Float64Array, e: Float64Array, vectors: Float64Array, n: number): void {
  for (let low = 0; low < n; low++) {
    for (let step = 0; ; step++) {
      const high = endOfBlock(d, e, low, n);
      if (high === low) break;
      if (step === MOST_STEPS) throw new Error("symmetricEigen: the iteration does not converge");
      chase(d, e, vectors, low, high, n);
    }
  }
}

/** Last row of the block from `low` that no negligible element divides. */
function endOfBlock(d: Float64Array, e: Float64Array, low: number, n: number): number {
  let high = low;
  while (high < n - 1 && Math.abs(e[high]!) > Number.EPSILON * (Math.abs(d[high]!) + Math.abs(d[high + 1]!)))
    high++;
  return high;
}

/** One QL step with Wilkinson's shift, from the end of a block to its beginning. */
function chase(
  d: Float64Array,
  e: Float64Array,
  vectors: Float64Array,
  low: number,
  high: number,
  n: number,
): void {
  const slope = (d[low + 1]! - d[low]!) / (2 * e[low]!);
  const root = Math.sqrt(slope * slope + 1);
  let g = d[high]! - d[low]! + e[low]! / (slope + (slope < 0 ? -root : root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = high - 1; i >= low; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    const length = Math.sqrt(f * f + g * g);
    e[i + 1] = length;
    if (length === 0) {
      d[i + 1]! -= shift;
      e[high] = 0;
      return;
    }
    sine = f / length;
    cosine = g / length;
    const corner = d[i + 1]! - shift;
    const mixed = (d[i]! - corner) * sine + 2 * cosine * b;
    shift = sine * mixed;
    d[i + 1] = corner + shift;
    g = cosine * mixed - b;
    rotate(vectors, i * n, (i + 1) * n, n, cosine, sine);
  }
  d[low]! -= shift;
  e[low] = g;
  e[high] = 0;
}

function rotate(
  rows: Float64Array,
  first: number,
  second: number,
  n: number,
  cosine: number,
  sine: number,
): void {
  for (let k = 0; k < n; k++) {
    const x = rows[first + k]!;
    const y = rows[second + k]!;
    rows[second + k] = sine * x + cosine * y;
    rows[first + k] = cosine * x - sine * y;
  }
}
