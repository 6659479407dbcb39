/** Time of a step by kernel. */
export interface Profile {
  readonly title: string;
  /** Images of a step. */
  readonly batch: number;
  readonly totalMs: number;
  readonly kernels: readonly KernelTime[];
}

/** One kernel's part of a step. */
export interface KernelTime {
  readonly name: string;
  readonly calls: number;
  readonly ms: number;
  /** Operations of its matrix products; 0 for a kernel without. */
  readonly gigaflops: number;
  /** Read and written. */
  readonly gigabytes: number;
}
