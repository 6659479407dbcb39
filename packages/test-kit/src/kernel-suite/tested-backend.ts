/** Ops of the contract, and of tfjs, that more than one package has kernels for. */
export type SharedOp =
  | "AdamWUpdate"
  | "Attention"
  | "Gelu"
  | "LayerNorm"
  | "SoftmaxCrossEntropy"
  | "SquaredNorms"
  | "Sum";

/** A backend with kernels: which of the shared ops it implements, and in what the kernels may differ. */
export interface TestedBackend {
  readonly name: "tensorflow" | "wasm" | "webgpu";
  readonly ops: readonly SharedOp[];
  /** Random cases of each property. */
  readonly runs: number;
  /** Head sizes of random cases. Default 1 to 20; few where each compiles a shader of its own. */
  readonly headSizes?: readonly number[];
  /** Whether `Attention`'s second output is the logarithm of each row's sum; it is the backend's own. */
  readonly givesLogSumExp: boolean;
  /** Whether `AdamWUpdate` overwrites moments that no other tensor shares. */
  readonly reusesMoments: boolean;
  /** Whether infinities come out as in the composite form, not as NaN. */
  readonly keepsInfinities: boolean;
  /** Rows and dimension of a long sum of LayerNorm's gradients. */
  readonly manyRows: readonly [rows: number, dim: number];
  /** Largest mixed errors, and relative errors of long sums and of GELU's lower tail. */
  readonly tolerance: {
    readonly adamW: number;
    /** Against the composite form on cpu; 0 where each number is rounded in the same order. */
    readonly adamWOnCpu: number;
    readonly crossEntropy: number;
    readonly geluTail: number;
    readonly manyRows: number;
    readonly squares: number;
  };
}

const ALL: readonly SharedOp[] = [
  ...(["AdamWUpdate", "Attention", "Gelu", "LayerNorm"] as const),
  ...(["SoftmaxCrossEntropy", "SquaredNorms", "Sum"] as const),
];

export const TESTED_BACKENDS: Readonly<Record<TestedBackend["name"], TestedBackend>> = {
  wasm: {
    name: "wasm",
    ops: ALL,
    runs: 100,
    givesLogSumExp: true,
    reusesMoments: true,
    keepsInfinities: true,
    manyRows: [300_000, 6],
    tolerance: {
      adamW: 2e-6,
      adamWOnCpu: 0,
      crossEntropy: 2e-6,
      geluTail: 1e-6,
      manyRows: 1e-6,
      squares: 1e-6,
    },
  },
  webgpu: {
    name: "webgpu",
    ops: ALL,
    runs: 40,
    headSizes: [1, 3, 4, 6, 8, 20],
    givesLogSumExp: true,
    reusesMoments: true,
    keepsInfinities: true,
    manyRows: [20_000, 3], // a minute and more on SwiftShader for 300,000
    // WGSL lets division, square roots and exp be off by some units in the last place.
    tolerance: {
      adamW: 2e-6,
      adamWOnCpu: 2e-6,
      crossEntropy: 1e-5,
      geluTail: 3e-5,
      manyRows: 1e-6,
      squares: 1e-5,
    },
  },
  tensorflow: {
    name: "tensorflow",
    ops: ["AdamWUpdate", "Attention", "Gelu", "LayerNorm"],
    runs: 40,
    givesLogSumExp: false,
    reusesMoments: false,
    keepsInfinities: false,
    manyRows: [300_000, 6],
    // TensorFlow's 1 − β₂ in float32 (off by 5e-5), its erfc of a rounded argument, its sums over rows.
    tolerance: { adamW: 1e-5, adamWOnCpu: 5e-5, crossEntropy: 0, geluTail: 1e-5, manyRows: 5e-5, squares: 0 },
  },
};
