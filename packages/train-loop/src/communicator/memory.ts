/** Memory with values: shared where threads may share it, else transferred, which detaches the sender's. */
export type Memory = SharedArrayBuffer | ArrayBuffer;

/** Whether threads may share memory here: not in pages that are not cross-origin isolated. */
export function canShareMemory(): boolean {
  const { crossOriginIsolated = true } = globalThis as { crossOriginIsolated?: boolean };
  return crossOriginIsolated && typeof SharedArrayBuffer === "function";
}

/** Allocates memory to send. */
export function allocate(bytes: number, isShared: boolean): Memory {
  return isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}
