import { symmetricEigen } from "./symmetric-eigen.ts";

/** Two matrices whose product is the best approximation of a third with their rank. */
export interface Factors {
  /** `U √S`, `[n, rank]`, row-major. */
  readonly left: Float64Array;
  /** `√S Vᵀ`, `[rank, n]`, row-major. */
  readonly right: Float64Array;
}

/**
 * Factors a square matrix by its singular value decomposition `U S Vᵀ`, with the root of the singular values on each side.
 *
 * The product does not depend on the signs of singular vectors. V and S² are those of `matrixᵀ · matrix`, and `U √S` is
 * `matrix · V / √S`: exact products also for small singular values.
 *
 * @param matrix - `[n, n]`, row-major, not singular.
 * @param rank - Number of the largest singular values to keep, at most n.
 */
export function balancedFactors(matrix: Float64Array, n: number, rank: number): Factors {
  const { values, vectors } = symmetricEigen(gram(matrix, n), n);
  const left = new Float64Array(n * rank);
  const right = new Float64Array(rank * n);
  for (let k = 0; k < rank; k++) {
    const at = n - 1 - k; // values ascend
    const root = values[at]! ** 0.25; // √S of S²
    const v = vectors.subarray(at * n, (at + 1) * n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += matrix[i * n + j]! * v[j]!;
      left[i * rank + k] = sum / root;
      right[k * n + i] = root * v[i]!;
    }
  }
  return { left, right };
}

/** `matrixᵀ · matrix`. */
function gram(matrix: Float64Array, n: number): Float64Array {
  const product = new Float64Array(n * n);
  for (let row = 0; row < n * n; row += n) {
    for (let i = 0; i < n; i++) {
      const x = matrix[row + i]!;
      for (let j = i; j < n; j++) product[i * n + j]! += x * matrix[row + j]!;
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) product[i * n + j] = product[j * n + i]!;
  return product;
}
